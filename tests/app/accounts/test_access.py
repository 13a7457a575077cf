"""accounts.access: the marks that open views, on views of both kinds."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.views import View

from accounts.access import PUBLIC, actor_of, mark_of, public, requires
from accounts.models import User
from accounts.roles import Permission
from audit.models import Entry
from core.actor import Actor


@requires(Permission.AUDIT_VIEW)
def guarded(request: HttpRequest) -> HttpResponse:
    """Only for those who may."""
    return HttpResponse("open")


@requires(Permission.AUDIT_VIEW)
class Guarded(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("open")


@public
def opened(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


@public
class Opened(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("open")


def unmarked(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


def _request(user: User | AnonymousUser) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = user
    return request


def test_marks_say_what_opens_a_view() -> None:
    assert mark_of(guarded) == "audit:view"
    assert mark_of(Guarded.as_view()) == "audit:view"
    assert mark_of(opened) == mark_of(Opened.as_view()) == PUBLIC
    assert mark_of(unmarked) is None


def test_only_public_views_are_exempt_from_signing_in() -> None:
    views = [guarded, Guarded.as_view(), unmarked, opened, Opened.as_view()]
    exempt = [getattr(view, "login_required", True) for view in views]
    assert exempt == [True, True, True, False, False]


def test_what_marks_a_view_gives_the_view_back() -> None:
    assert mark_of(requires(Permission.AUDIT_VIEW)(unmarked)) == "audit:view"
    assert mark_of(public(unmarked)) == PUBLIC


def test_a_marked_view_keeps_its_name() -> None:
    assert guarded.__name__ == "guarded"
    assert guarded.__doc__ == "Only for those who may."


@pytest.mark.django_db
@pytest.mark.parametrize("view", [guarded, Guarded.as_view()], ids=["function", "class"])
def test_whoever_holds_the_permission_gets_in(alice_admin: User, view: object) -> None:
    assert view(_request(alice_admin)).content == b"open"  # type: ignore[operator]


@pytest.mark.django_db
@pytest.mark.parametrize("view", [guarded, Guarded.as_view()], ids=["function", "class"])
def test_whoever_does_not_is_refused_and_that_is_audited(olly_ops: User, view: object) -> None:
    with pytest.raises(PermissionDenied) as refused:
        view(_request(olly_ops))  # type: ignore[operator]
    assert str(refused.value) == "This page needs audit:view, which ops does not hold."
    entry = Entry.objects.latest("id")
    assert (entry.action, entry.result) == ("refused", "refused")
    assert (entry.actor_id, entry.reason) == (olly_ops.pk, "ops holds no audit:view")


@pytest.mark.django_db
def test_nobody_is_refused_even_where_no_middleware_stands_in_front() -> None:
    with pytest.raises(PermissionDenied, match="which nobody does not hold"):
        guarded(_request(AnonymousUser()))


@pytest.mark.parametrize("view", [opened, Opened.as_view()], ids=["function", "class"])
def test_everybody_gets_into_a_public_view(view: object) -> None:
    assert view(_request(AnonymousUser())).content == b"open"  # type: ignore[operator]


@pytest.mark.django_db
def test_the_actor_of_a_request_is_the_person_and_their_role(olly_ops: User) -> None:
    assert actor_of(_request(olly_ops)) == Actor(id=olly_ops.pk, role="ops", origin="web")
    assert actor_of(_request(AnonymousUser())) == Actor(id=None, role="nobody", origin="web")
    nina = User.objects.create_user("nina")
    assert actor_of(_request(nina)) == Actor(id=nina.pk, role="none", origin="web")
