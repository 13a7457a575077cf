"""Who may open a view: `@requires(Permission.X)` or `@public`, and nothing without a mark."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View

from accounts.models import User
from accounts.roles import Permission
from audit import services as audit
from audit.actions import Action, Result
from core.actor import Actor

Function = Callable[..., HttpResponseBase]
Marked = TypeVar("Marked", Function, type[View])

PUBLIC = "public"
NOBODY = Actor(id=None, role="nobody", origin="web")


def requires(permission: Permission) -> Callable[[Marked], Marked]:
    """Open the view to people who hold the permission. Nobody is sent to sign in; anyone else
    gets the 403 page, and the refusal is audited. Works on function and class views."""

    def guard(view: Function) -> Function:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not may(request.user, permission):
                _refuse(request, permission)
            return view(request, *args, **kwargs)

        return _mark(guarded, permission.value)

    return lambda view: _apply(guard, view)


def public(view: Marked) -> Marked:
    """Open the view to everyone, signed in or not. Works on function and class views."""

    def guard(function: Function) -> Function:
        @wraps(function)
        def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return function(request, *args, **kwargs)

        return login_not_required(_mark(opened, PUBLIC))

    return _apply(guard, view)


def mark_of(view: Callable[..., Any]) -> str | None:
    """What opens the view: a permission, `public`, or None for a view that nobody marked."""
    return getattr(view, "access", None)


def may(user: User | AnonymousUser, permission: Permission) -> bool:
    """Whether this person holds the permission now; nobody and the deactivated hold none."""
    return user.has_perm(f"accounts.{permission.value}")


def actor_of(request: HttpRequest) -> Actor:
    """Who is asking, as the domain and the audit know them."""
    if isinstance(request.user, User):
        return actor_for(request.user, origin="web")
    return NOBODY


def actor_for(user: User, *, origin: str) -> Actor:
    """This person as an actor, with the role that they hold now."""
    return Actor(id=user.pk, role=user.role or "none", origin=origin)


def _apply(guard: Callable[[Function], Function], view: Marked) -> Marked:
    if isinstance(view, type):
        return method_decorator(guard, name="dispatch")(view)
    return guard(view)


def _mark(view: Function, access: str) -> Function:
    view.access = access  # type: ignore[attr-defined]
    return view


def _refuse(request: HttpRequest, permission: Permission) -> None:
    actor = actor_of(request)
    match = request.resolver_match
    audit.record(
        actor=actor,
        action=Action.REFUSED,
        subject=f"page:{match.view_name if match else request.method}",
        result=Result.REFUSED,
        reason=f"{actor.role} holds no {permission.value}",
        now=timezone.now(),
    )
    raise PermissionDenied(f"This page needs {permission.value}, which {actor.role} does not hold.")
