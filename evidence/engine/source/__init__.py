"""What the source says: symbols, tests, lines and fingerprints, read without importing it."""
