"""What every answer carries, seen on real answers under production's settings."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.headers import checkout_origin

SIGN_IN = reverse("accounts:sign-in")
POLICY = {
    "default-src": "'self'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "form-action": "'self' https://checkout.stripe.com",
    "frame-ancestors": "'none'",
}
pytestmark = pytest.mark.django_db


def _get(path: str, **more: Any) -> Any:
    return Client().get(path, secure=True, headers={"host": "shop.example"}, **more)


def _policy(answer: Any) -> dict[str, str]:
    parts = [part.partition(" ") for part in answer["Content-Security-Policy"].split("; ")]
    return {name: sources for name, _, sources in parts}


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/nope/", 404), ("/orders/", 302)])
def test_every_answer_carries_the_headers(
    production: Any, settings: Any, path: str, status: int
) -> None:
    settings.STRIPE_API_BASE = ""
    answer = _get(path)
    assert answer.status_code == status
    assert _policy(answer) == POLICY
    expected = {
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    assert {name: answer[name] for name in expected} == expected
    assert {"camera=()", "payment=()"} <= set(answer["Permissions-Policy"].split(", "))


def test_a_laptop_has_the_same_policy() -> None:
    """Pages are proved under it: nothing that works locally is forbidden in production."""
    answer = Client().get("/")
    policy = {**POLICY, "form-action": f"'self' {checkout_origin()}"}
    assert _policy(answer) == policy
    assert checkout_origin().startswith("http://127.0.0.1:")


def test_a_payment_page_with_a_domain_of_its_own_can_be_led_to(settings: Any) -> None:
    settings.STRIPE_CHECKOUT_ORIGIN = "https://pay.shop.example"
    assert _policy(Client().get("/"))["form-action"] == "'self' https://pay.shop.example"


def test_plain_http_is_sent_to_https(production: Any) -> None:
    answer = Client().get("/basket/", headers={"host": "shop.example"})
    assert (answer.status_code, answer["Location"]) == (301, "https://shop.example/basket/")


@pytest.mark.parametrize(
    ("proxies", "said", "status"),
    [("1", "https", 200), ("1", "http", 301), ("1", None, 301), ("0", "https", 301)],
)
def test_a_proxy_says_that_the_visitor_came_over_https(
    start: Any, settings: Any, proxies: str, said: str | None, status: int
) -> None:
    made = start(TRUSTED_PROXIES=proxies)
    for name in ("ALLOWED_HOSTS", "SECURE_SSL_REDIRECT", "SECURE_PROXY_SSL_HEADER"):
        setattr(settings, name, made[name])
    told = {"x-forwarded-proto": said} if said else {}
    answer = Client().get("/", headers={"host": "shop.example", **told})
    assert answer.status_code == status


def test_a_host_that_is_not_ours_is_refused(production: Any) -> None:
    assert Client().get("/", secure=True, headers={"host": "evil.example"}).status_code == 400


def test_cookies_are_for_this_host_and_https_alone(production: Any, cara_customer: Any) -> None:
    client = Client(headers={"host": "shop.example"})
    form = {"username": "cara_customer", "password": "correct horse battery"}
    client.post(SIGN_IN, form, secure=True)
    client.get(SIGN_IN, secure=True)
    for name in ("__Host-session", "__Host-csrf"):
        cookie = client.cookies[name]
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
        assert (cookie["path"], cookie["domain"]) == ("/", "")


def test_staff_without_a_second_factor_get_no_further_than_setting_it_up(
    production: Any, olly_ops: Any
) -> None:
    client = Client(headers={"host": "shop.example"})
    client.force_login(olly_ops)
    for page in ("/", reverse("orders:staff-list"), reverse("monitoring:issues")):
        answer = client.get(page, secure=True)
        assert answer.status_code == 302
        assert answer["Location"].partition("?")[0] == reverse("accounts:second-factor-enrol")


def test_what_a_signed_in_person_sees_is_kept_by_no_cache(cara_customer: Any) -> None:
    client = Client()
    assert "Cache-Control" not in client.get("/").headers
    client.force_login(cara_customer)
    assert client.get(reverse("orders:mine"))["Cache-Control"] == "private, no-store"


def test_no_template_has_scripts_or_styles_of_its_own(settings: Any) -> None:
    """The policy would switch them off in the browser and nobody would see why."""
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=\"|javascript:", re.I)
    found = [
        str(page.relative_to(settings.APP_DIR))
        for page in settings.APP_DIR.glob("templates/**/*.html")
        if inline.search(page.read_text("utf-8"))
    ]
    assert found == []
