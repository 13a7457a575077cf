from __future__ import annotations

import pytest
import stripe

from stripe_twin.settings import API_VERSION, NotLoopback, Settings, require_loopback


def test_version_is_the_one_the_library_speaks() -> None:
    assert stripe.api_version == API_VERSION


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8000/x", "http://localhost/x", "http://[::1]:80/", "http://127.9.9.9/"],
)
def test_this_machine_is_accepted(url: str) -> None:
    assert Settings(webhook_url=url).webhook_url == url


def test_another_machine_is_refused_in_a_sentence() -> None:
    with pytest.raises(NotLoopback) as refusal:
        require_loopback("http://example.com/", what="webhook URL")

    assert str(refusal.value) == (
        "webhook URL: found 'http://example.com/', expected http:// on this machine; the twin "
        "talks to loopback only, so give an address such as "
        "http://127.0.0.1:8000/webhooks/stripe"
    )
