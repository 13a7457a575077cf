"""Files that people write, as plain data that keeps its line numbers."""
