"""Django's test runner, except that running nothing is no success."""

from __future__ import annotations

import sys
from typing import Any
from unittest import TestSuite

from django.test.runner import DiscoverRunner


class RealTestsRunner(DiscoverRunner):
    """`manage.py test` fails when no test ran: none was found, or all of them were skipped."""

    def suite_result(self, suite: TestSuite, result: Any, **kwargs: Any) -> int:
        failures = super().suite_result(suite, result, **kwargs)
        ran = result.testsRun - len(result.skipped)
        if failures or ran:
            return failures
        sys.stderr.write("Tests: found 0 that ran, expected at least 1; look at the label.\n")
        return 1
