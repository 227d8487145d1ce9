"""SQLite database, migrations, the batched recorder and the upkeep of the file."""
