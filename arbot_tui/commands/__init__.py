"""What the commands do; imported by `cli` when one of them is called, and not before."""
