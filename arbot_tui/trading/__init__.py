"""Money: the sans-I/O core, the executor of its commands, journal and recovery."""
