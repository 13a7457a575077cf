"""The shop in a box: seeded people and orders, and everything started on loopback."""
