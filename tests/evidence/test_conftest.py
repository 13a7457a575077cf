"""The stranger's repository has to be healthy before the engine is judged by it."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.evidence.conftest import PYTEST_ENV


def test_strangers_own_tests_pass_and_leave_the_tree_clean(stranger):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=stranger.root,
        env={"PATH": os.environ["PATH"], **PYTEST_ENV},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "5 passed" in done.stdout, done.stdout + done.stderr
    assert stranger.git("status", "--porcelain") == ""
