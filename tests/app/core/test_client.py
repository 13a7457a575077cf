"""core.client: whose address counts, and who can make one up."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from core.client import address, network

PROXY = "10.0.0.1"


def _request(seen: str = PROXY, forwarded: str | None = None) -> Any:
    more = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return RequestFactory().get("/", REMOTE_ADDR=seen, **more)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "203.0.113.7", PROXY),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "6.6.6.6, 203.0.113.7", "203.0.113.7"),
        (2, "6.6.6.6, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (2, "203.0.113.7", PROXY),
        (1, "rubbish", PROXY),
        (1, None, PROXY),
        (1, "2001:DB8::0001", "2001:db8::1"),
        (1, "::ffff:203.0.113.7", "203.0.113.7"),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(
    settings: Any, proxies: int, forwarded: str | None, expected: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert address(_request(forwarded=forwarded)) == expected


def test_a_socket_on_disk_has_no_address() -> None:
    assert address(_request(seen="")) is None
    assert network(_request(seen="")) is None


def test_an_ipv6_visitor_counts_by_the_network_that_is_theirs() -> None:
    assert network(_request(seen="2001:db8:1:2:3::4")) == "2001:db8:1:2::/64"
    assert network(_request(seen="203.0.113.7")) == "203.0.113.7"
