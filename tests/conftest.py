"""What every test of the repository shares. Sockets reach this machine only: see `addopts`.

How long an example takes tells of the machine and of what else it does, and nothing of the code.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")
