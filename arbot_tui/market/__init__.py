"""In-memory market state: symbols, the quote board, books, feed verdicts."""
