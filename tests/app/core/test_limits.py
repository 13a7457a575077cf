"""core.limits: how often is too often, by whom, and for how long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from core import limits
from core.limits import LIMITS, Limit, count, forget_counts, limited
from core.models import Tally

TWICE = Limit("twice", 2)
pytestmark = pytest.mark.django_db


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


def _post(user: Any = None, method: str = "POST", seen: str = "203.0.113.7") -> Any:
    request = RequestFactory().generic(method, "/somewhere/", REMOTE_ADDR=seen)
    request.user = user or AnonymousUser()
    return limited(TWICE)(view)(request)


def test_the_third_time_in_a_minute_gets_a_sentence_and_when_to_come_back() -> None:
    assert [_post().status_code for _ in range(2)] == [200, 200]
    page = _post()
    assert (page.status_code, 1 <= int(page["Retry-After"]) <= 60) == (429, True)
    assert "Too often: found 3 times, expected at most 2 in 60 seconds; wait " in page.text
    assert [_post(method="GET").status_code, _post(seen="203.0.113.8").status_code] == [200, 200]


def test_people_who_are_signed_in_count_for_themselves(cara_customer: Any, olly_ops: Any) -> None:
    found = [_post(user).status_code for user in (cara_customer, cara_customer, olly_ops)]
    assert [*found, _post(cara_customer, seen="203.0.113.9").status_code] == [200, 200, 200, 429]


def test_after_the_span_counting_begins_again(now: datetime) -> None:
    def at(seconds: int) -> int:
        later = now + timedelta(seconds=seconds)
        return count(limit=TWICE, who="user:1", now=later).times

    assert [at(0), at(30), at(59), at(60), at(61), at(130)] == [1, 2, 3, 1, 2, 1]


def test_no_address_is_kept_and_old_counts_are_forgotten(now: datetime) -> None:
    _post(seen="203.0.113.7")
    [key] = Tally.objects.values_list("key", flat=True)
    assert key.startswith("twice:address:")
    assert "203.0.113" not in key
    count(limit=TWICE, who="user:1", now=now)
    assert forget_counts(before=now + timedelta(seconds=1)) == 1
    assert Tally.objects.get().key == key


def test_every_limit_is_listed_and_counted_for_itself(now: datetime) -> None:
    for limit in LIMITS:
        assert count(limit=limit, who="user:1", now=now).times == 1, limit.name
    assert set(LIMITS) == {each for each in vars(limits).values() if isinstance(each, Limit)}


@pytest.mark.parametrize(
    ("name", "limit"), [("accounts:sign-in", "sign-in"), ("orders:basket-add", "basket")]
)
def test_the_forms_that_strangers_can_send_are_limited(
    name: str, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Client().post(reverse(name))
    assert [key.split(":")[0] for key in Tally.objects.values_list("key", flat=True)] == [limit]


@pytest.mark.parametrize(
    ("name", "limit"), [("orders:place", "place-order"), ("orders:pay", "pay")]
)
def test_what_calls_stripe_or_writes_orders_is_limited_by_person(
    name: str, limit: str, cara_customer: Any
) -> None:
    client = Client()
    client.force_login(cara_customer)
    client.post(reverse(name, args=[7] if name == "orders:pay" else []))
    assert Tally.objects.get().key == f"{limit}:user:{cara_customer.pk}"
