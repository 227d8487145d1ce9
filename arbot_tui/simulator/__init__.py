"""Synthetic venues: a seeded world behind four exchanges' own wire protocols, on loopback."""
