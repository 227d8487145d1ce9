"""The Textual app; knows the engine only through its client."""
