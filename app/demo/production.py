"""Demo people have a password that everybody knows; production must never have them."""

from __future__ import annotations

from django.conf import settings
from django.core.management.base import CommandError


def refuse(command: str) -> None:
    """Stop a command of the demo wherever the settings do not say that this is one."""
    if not settings.SHOP_IS_DEMO:
        raise CommandError(
            f"{command}: these are production settings, and demo people have a public password; "
            "run it with config.settings.local."
        )
