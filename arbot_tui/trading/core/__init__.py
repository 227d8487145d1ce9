"""The sans-I/O money core: no asyncio, thread, clock, file or randomness."""
