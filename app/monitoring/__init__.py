"""Checks that compare what must agree, and the issues they open."""
