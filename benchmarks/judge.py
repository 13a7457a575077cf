"""Reading which lines 5,000 tests ran, beside the plain SELECT of the same rows."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from lib.beside import measure, python, show

TESTS = 5000
FILES = 100

# Every test ran 57 lines of each of five files.
WRITE = f"""
import sys
from coverage import CoverageData
data = CoverageData(basename=sys.argv[1])
for n in range({TESTS}):
    data.set_context(f"tests/test_{{n // 50}}.py::test_{{n}}|run")
    lines = list(range(1 + n % 7, 400, 7))
    data.add_lines({{f"app/f{{i}}.py": lines for i in range(n % 20, {FILES}, 20)}})
data.write()
"""
SELECT = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database:
    database.execute("select id, path from file").fetchall()
    database.execute("select id, context from context").fetchall()
    for _ in database.execute("select file_id, context_id, numbits from line_bits"): pass
"""
IMPORT = "import evidence.engine.judge.executed"
READ = f"""
import sys
from pathlib import Path
from evidence.engine.judge.executed import Recording, Wanted, read_executed
tests = [f"tests/test_{{n // 50}}.py::test_{{n}}" for n in range({TESTS})]
wanted = {{
    f"app/f{{n}}.py": Wanted(body=frozenset(range(100, 130)), tests=frozenset(tests[n::{FILES}]))
    for n in range({FILES})
}}
recording = Recording("tests", Path(sys.argv[1]), {{test: test for test in tests}})
executed = read_executed([recording], wanted, Path.cwd())
assert executed.in_call("app/f0.py", tests[0]) == set(range(106, 130, 7))
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "coverage"
        subprocess.run(python(WRITE, file), check=True)
        commands = {
            "SELECT the rows": python(SELECT, file),
            "import the reader": python(IMPORT),
            "read what was executed": python(READ, file),
        }
        show(f"{TESTS:,} tests over {FILES} files", measure(commands))


if __name__ == "__main__":
    main()
