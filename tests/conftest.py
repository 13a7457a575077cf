"""What every test of the repository shares: no socket leaves this machine."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sockets only to this machine, in every test."""
    for item in items:
        item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "::1", "localhost"]))
