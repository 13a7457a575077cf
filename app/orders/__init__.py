"""Orders, their lines, their lifecycle and their history."""
