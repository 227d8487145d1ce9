"""Value types and pure rules; imports nothing else of ours."""
