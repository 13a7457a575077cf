"""What administrators do for people: give them a role, help them sign in, let them leave and come
back. The buttons stand on the person's page."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from accounts import deactivation, lockout, second_factor, services
from accounts.access import actor_of, requires
from accounts.forms import DeactivationForm, ResetFactorForm, RoleForm
from accounts.models import User
from accounts.roles import Permission, Role
from core.pages import methods
from core.refusal import Refused


@requires(Permission.PERSON_MANAGE)
@methods("POST")
def unlock(request: HttpRequest, user_id: int) -> HttpResponse:
    found = get_object_or_404(User, pk=user_id)
    lockout.unlock(user=found, by=actor_of(request), now=timezone.now())
    messages.success(request, "Unlocked: they can sign in at once.")
    return redirect("privacy:person", found.pk)


@requires(Permission.PERSON_MANAGE)
@methods("GET", "POST")
def reset_factor(request: HttpRequest, user_id: int) -> HttpResponse:
    """Ask why, then forget the person's phone and recovery codes."""
    found = get_object_or_404(User, pk=user_id)
    form = ResetFactorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        had = second_factor.reset(
            user=found, why=form.cleaned_data["why"], by=actor_of(request), now=timezone.now()
        )
        messages.success(
            request, "Second factor reset." if had else "There was no second factor to reset."
        )
        return redirect("privacy:person", found.pk)
    status = 400 if request.method == "POST" else 200
    context = {"form": form, "person": found, "has_factor": second_factor.has_factor(found)}
    return render(request, "accounts/reset_factor.html", context, status=status)


@requires(Permission.PERSON_MANAGE)
@methods("GET", "POST")
def role(request: HttpRequest, user_id: int) -> HttpResponse:
    """Give the person another role."""
    found = get_object_or_404(User, pk=user_id)
    form = RoleForm(request.POST or None, initial={"role": found.role})
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                services.change_role(
                    user=found,
                    role=Role(form.cleaned_data["role"]),
                    by=actor_of(request),
                    why=form.cleaned_data["why"],
                    now=timezone.now(),
                )
            except Refused as no:
                form.add_error(None, str(no))
                status = 409
            else:
                messages.success(request, f"Role changed: {form.cleaned_data['role']} now.")
                return redirect("privacy:person", found.pk)
    context = {"form": form, "person": found}
    return render(request, "accounts/role.html", context, status=status)


@requires(Permission.PERSON_MANAGE)
@methods("GET", "POST")
def deactivate(request: HttpRequest, user_id: int) -> HttpResponse:
    """Ask why, then let the person sign in no more."""
    return _with_reason(
        request,
        user_id,
        deactivation.deactivate,
        template="accounts/deactivate.html",
        done="Deactivated: they cannot sign in any more.",
    )


@requires(Permission.PERSON_MANAGE)
@methods("GET", "POST")
def reactivate(request: HttpRequest, user_id: int) -> HttpResponse:
    """Ask why, then let the person sign in again."""
    return _with_reason(
        request,
        user_id,
        deactivation.reactivate,
        template="accounts/reactivate.html",
        done="Reactivated: they can sign in again.",
    )


def _with_reason(
    request: HttpRequest,
    user_id: int,
    change: Callable[..., None],
    *,
    template: str,
    done: str,
) -> HttpResponse:
    found = get_object_or_404(User, pk=user_id)
    form = DeactivationForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            why, by = form.cleaned_data["why"], actor_of(request)
            try:
                change(user=found, why=why, by=by, now=timezone.now())
            except Refused as no:
                form.add_error(None, str(no))
                status = 409
            else:
                messages.success(request, done)
                return redirect("privacy:person", found.pk)
    return render(request, template, {"form": form, "person": found}, status=status)
