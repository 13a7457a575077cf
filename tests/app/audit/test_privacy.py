"""The record holds no personal data, whatever happened."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from audit.models import Entry
from refunds import services as refunds


def test_the_record_of_a_whole_story_names_nobody(shop: Any, olly_ops: Any) -> None:
    shop.customer.email, shop.customer.first_name = "cara@example.org", "Caroline"
    shop.customer.save()
    client = Client()
    client.login(username="cara_customer", password="correct horse battery")
    client.login(username="cara_customer", password="wrong battery")
    order, other = shop.paid_order(), shop.order()
    olly = shop.actor(olly_ops)
    refunds.issue(order=order, asked_pennies=100, reason="chipped", by=olly, now=shop.now)
    client.force_login(shop.customer)
    client.post(reverse("orders:cancel", args=[other.pk]))
    client.get(reverse("audit:list"))
    written = str(list(Entry.objects.values_list()))
    assert {"refund-asked", "order-canceled", "sign-in-failed", "refused"} <= set(
        Entry.objects.values_list("action", flat=True)
    )
    assert [
        word
        for word in ("cara", "olly", "example.org", "Caroline", "battery", "127.0.0.1")
        if word in written
    ] == []
