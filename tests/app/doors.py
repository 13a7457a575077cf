"""How a page is closed: to methods that it does not take, and to people who may not open it."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tests.app.conftest import person


def client_of(role: str) -> Client:
    """Somebody who holds that role, signed in; somebody who holds none for `none`."""
    from accounts.models import User

    client = Client()
    someone = User.objects.create_user("nina") if role == "none" else person(f"other_{role}", role)
    client.force_login(someone)
    return client


def check_door(
    address: str, *, takes: str, opens_to: Client, not_to: str = "", limit: Any = None
) -> None:
    """The page answers whoever may, by its own methods and no other, and not too often; nobody of
    that other role. A page that everybody may open has none."""
    from core.models import Tally

    first = takes.split()[0]
    for method in ("GET", "POST", "PUT"):
        status = opens_to.generic(method, address).status_code
        assert status not in (403, 404), f"{method} {address}: {status}"
        assert (status == 405) == (method not in takes.split()), f"{method} {address}: {status}"
    if limit is not None:
        Tally.objects.filter(key__startswith=f"{limit.name}:").update(times=limit.most)
        assert opens_to.generic(limit.methods[0], address).status_code == 429
    if not_to:
        assert client_of(not_to).generic(first, address).status_code == 403
