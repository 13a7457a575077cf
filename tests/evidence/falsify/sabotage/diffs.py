"""Diffs as git writes them."""

from __future__ import annotations

import difflib


def changed(path: str, old: str, new: str) -> str:
    """A diff between two texts of a file."""
    lines = [text.splitlines(keepends=True) for text in (old, new)]
    return "".join(difflib.unified_diff(*lines, f"a/{path}", f"b/{path}"))


def new_file(path: str, *lines: str) -> str:
    """A diff that makes a file of these lines."""
    body = "".join(f"+{line}\n" for line in lines)
    return f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,{len(lines)} @@\n{body}"
