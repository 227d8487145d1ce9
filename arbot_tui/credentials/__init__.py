"""API keys: where they come from, where they are kept, and what they may do."""
