"""The twin that a request came to. All twins of a process answer by one application, for to make
its routes takes longer than most of what it is asked."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from flask import request

from stripe_twin.account import Account
from stripe_twin.control import Control

KEY = "stripe_twin.asked"  # In the WSGI environment of each request.


@dataclass(frozen=True)
class Asked:
    """`stopping` is set once this twin stops serving: whoever waits should wait no more."""

    account: Account
    control: Control
    stopping: threading.Event


def asked() -> Asked:
    """Which one it is; only while a request is answered."""
    found: Asked = request.environ[KEY]
    return found
