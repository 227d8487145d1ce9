"""Numbered changes of the database schema, ``NNNN_what.sql``; a released one is never edited."""
