"""What it costs to clean 150 MB of a gate's output, beside copying it, and in how much memory."""

from __future__ import annotations

import tempfile
from pathlib import Path

from lib.beside import measure, python, show

MEGABYTES = 150
LINES = (
    b"tests/app/test_orders.py::test_a_paid_order_is_shipped PASSED            [ 12%]\n"
    b"\x1b[31mFAILED\x1b[0m /srv/till/app/money.py:12 in total, token s3cr3t-value\n"
    b"plain words of a log, of which most gates print only a few hundred lines\n"
)

COPY = """
import sys
with open(sys.argv[1], "rb") as file, open("/dev/null", "wb") as target:
    while data := file.read(65536):
        target.write(data)
"""
DECODE = """
import sys
with open(sys.argv[1], encoding="utf-8") as file, open("/dev/null", "w") as target:
    for line in file:
        target.write(line)
"""
CLEAN = """
import sys
from pathlib import Path
from evidence.engine.run.capture import Capture, Cleaner
from evidence.engine.run.places import Places
from evidence.engine.run.secrets import Redactor
redactor = Redactor.of(["s3cr3t-value", "canary0123456789abcdef"], ["sk_(test|live)_[0-9a-z]{8,}"])
capture = Capture(Cleaner(redactor, Places.of({"<repo>": Path("/srv/till")})))
with open(sys.argv[1], "rb") as file:
    while data := file.read(65536):
        capture.feed(data)
found = capture.finish()
assert found.received_bytes >= 150_000_000
assert b"s3cr3t" not in found.body
"""


def main() -> None:
    with tempfile.NamedTemporaryFile() as file:
        block = LINES * (1_000_000 // len(LINES) + 1)
        for _ in range(MEGABYTES):
            file.write(block)
        file.flush()
        path = Path(file.name)
        commands = {
            "cat": ["cat", str(path)],
            "copy bytes": python(COPY, path),
            "copy lines as text": python(DECODE, path),
            "clean, cap and hash": python(CLEAN, path),
        }
        show(f"{MEGABYTES} MB of output", measure(commands))


if __name__ == "__main__":
    main()
