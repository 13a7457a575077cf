"""Constants of code as text, whatever their size."""

from __future__ import annotations


def written(constant: object) -> str:
    """As `repr` has it; in hexadecimal where a whole number has more digits than Python writes."""
    try:
        return repr(constant)
    except ValueError:
        if isinstance(constant, int):
            return hex(constant)
        if isinstance(constant, tuple | frozenset):
            return f"{type(constant).__name__}({', '.join(map(written, constant))})"
        raise
