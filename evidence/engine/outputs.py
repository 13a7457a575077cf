"""The engine's own folders, kept out of everybody's commits."""

from __future__ import annotations

from pathlib import Path

from evidence.engine.mistakes import CannotRun

_IGNORE = "# The evidence engine made this folder; nothing in it is to be committed.\n*\n"


def make_output_folder(folder: Path, *, key: str) -> None:
    """The folder is there, and git ignores all of it whatever the project's own rules say.

    Raises CannotRun when it cannot be written; `key` is its name in [tool.evidence].
    """
    rules = folder / ".gitignore"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not rules.is_file():
            rules.write_text(_IGNORE, encoding="utf-8")
    except OSError as error:
        raise CannotRun(
            f"{folder}: cannot be written ({error.strerror}); make it writable, or set "
            f"[tool.evidence] {key} to another folder."
        ) from error
