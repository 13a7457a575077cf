"""The base of every "no" that the rules say; anything else that goes wrong is a bug."""

from __future__ import annotations


class Refused(Exception):
    """The rules said no. The text is one sentence for the person who asked: thing: found,
    expected; next step. Views show it with a 4xx, commands print it and exit 1."""
