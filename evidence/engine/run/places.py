"""Machine paths as names that mean the same everywhere: `<repo>`, `<venv>`, `<home>`, `<out>`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

# A path stands alone, after an option's letter (`-I/x`) or after an escaped line end (`\n/x`).
# Looked at only where a path is found: a pattern that begins by looking back is slow everywhere.
_BEFORE = re.compile(r"(?:(?<![\w.])|(?<=-[A-Z])|(?<=\\[nrt]))")
_AFTER = r"(?![\w-])"


@dataclass(frozen=True)
class Places:
    """Replaces the longest path first, so a folder inside another keeps its own name."""

    names: tuple[tuple[str, str], ...]
    pattern: re.Pattern[str]

    @staticmethod
    def of(folders: Mapping[str, Path | None]) -> Places:
        """`folders` maps names such as `<repo>` to folders; `/` and one-letter paths are left."""
        written: dict[str, str] = {}
        for name, folder in folders.items():
            if folder is None:
                continue
            for path in (str(folder), str(folder.resolve())):
                for form in (path, quote(path)):
                    if len(form) > 2:
                        written.setdefault(form, name)
        longest_first = tuple(sorted(written.items(), key=lambda item: (-len(item[0]), item[0])))
        alternatives = "|".join(re.escape(path) for path, _ in longest_first) or r"(?!)"
        return Places(longest_first, re.compile(f"(?:{alternatives}){_AFTER}"))

    def replace(self, text: str) -> str:
        if not any(path in text for path, _ in self.names):
            return text
        names = dict(self.names)

        def name(match: re.Match[str]) -> str:
            return names[match[0]] if _BEFORE.match(text, match.start()) else match[0]

        return self.pattern.sub(name, text)

    def cut_before(self, text: str, at: int) -> int:
        """The last place up to `at` where the text can be cut without cutting a path."""
        longest = len(self.names[0][0]) if self.names else 0
        for match in self.pattern.finditer(text, max(0, at - longest), at + longest + 1):
            if match.start() < at < match.end() + 1:
                return match.start()
        return at
