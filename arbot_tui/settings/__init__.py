"""Configuration: one file, the environment and the command line, with the origin of every value."""
