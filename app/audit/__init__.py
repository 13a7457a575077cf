"""The append-only record of who did what, why and with what result."""
