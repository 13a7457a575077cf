"""The tests: the local shop, a database of their own, and cheap password hashes."""

from __future__ import annotations

import os

from config.settings.local import *  # noqa: F403
from config.settings.local import DATABASES

# Named for this process, so that two runs at once never share a database.
DATABASES["default"]["ENGINE"] = "config.test_database"
DATABASES["default"]["TEST"] = {"NAME": f"test_purelaka_{os.getpid()}"}

# Tests sign in hundreds of times; the cost of a hash proves nothing here.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Whatever key the machine has: tests talk to the twin and never to Stripe.
STRIPE_API_KEY = "sk_test_twin_of_this_machine"
STRIPE_API_BASE = "http://127.0.0.1:12111"

TEST_RUNNER = "config.test_runner.RealTestsRunner"


def _close_connections() -> None:
    """A connection to the database is one process's own: two that share it garble each other."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


def _forget_content_types() -> None:
    """Tests with commits empty their tables and fill them again, with other ids, in whichever
    process they run; the others must look anew."""
    from django.apps import apps

    if apps.models_ready:
        from django.contrib.contenttypes.models import ContentType

        ContentType.objects.clear_cache()


# Whoever forks a process in which Django is set up, as the engine does to try a mutant.
os.register_at_fork(before=_close_connections, after_in_child=_forget_content_types)
