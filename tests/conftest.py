"""What every test of the repository shares. Sockets reach this machine only: see `addopts`.

How long an example takes tells of the machine and of what else it does, and nothing of the code.
An example that fails is made as small as can be for whoever reads it: where thousands of mutants
are tried nobody does, and the search takes seconds each. Nor may luck decide there: a mutant that
one draw kills would live by the next. So the gate says PURELAKA_HYPOTHESIS=proof, and the same
examples are drawn every time; run by hand, tests draw new ones.
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

_UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
_SEARCH = (Phase.shrink, Phase.explain)

settings.register_profile("by hand", _UNTIMED)
settings.register_profile(
    "proof",
    _UNTIMED,
    derandomize=True,
    phases=[phase for phase in Phase if phase not in _SEARCH],
)
settings.load_profile(os.environ.get("PURELAKA_HYPOTHESIS", "by hand"))


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end, so garbage is looked for among the rest alone."""
    gc.freeze()


@pytest.fixture
def ends_soon() -> Iterator[None]:
    """A loop that never ends fails its test after half a second of computing, however busy the
    machine is with other things. The first word tells that from an assertion."""

    def give_up(*_: object) -> None:
        pytest.fail("Timeout: it computed for half a second and did not end")

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.5)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)
