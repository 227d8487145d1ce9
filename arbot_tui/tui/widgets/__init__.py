"""One widget per file; all draw composed lines (`line_widget`)."""
