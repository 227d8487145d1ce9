"""SQLite database, migrations and the batched recorder."""
