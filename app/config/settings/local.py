"""A laptop, the demo and every proof: loopback only, test payments only."""

from __future__ import annotations

import environ

from config import logs
from config.settings.base import *  # noqa: F403
from config.settings.base import ROOT
from local_postgres import hold

env = environ.Env()

# Not a secret: it signs sessions of a shop that only this machine can reach.
SECRET_KEY = "local-only-" + "0123456789abcdef" * 4
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", "testserver"]

DATABASES = {"default": env.db_url_config(hold())}

SHOP_IS_DEMO = True
SHOP_ADDRESS = env.str("SHOP_ADDRESS", default="http://127.0.0.1:8000")

# Without a key of Stripe's own test mode, the shop talks to the twin on this machine.
STRIPE_API_KEY = env.str("STRIPE_API_KEY", default="sk_test_twin_of_this_machine")
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="http://127.0.0.1:12111")
STRIPE_WEBHOOK_SECRETS = env.list("STRIPE_WEBHOOK_SECRETS", default=["whsec_twin_of_this_machine"])
STRIPE_CHECKOUT_ORIGIN = env.str("STRIPE_CHECKOUT_ORIGIN", default="")
STRIPE_LIVEMODE = False

STORAGES = {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
}
# Styles come from their source folders; nothing has to be collected first.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
LOCAL_FOLDER = ROOT / ".local"
LOGGING = logs.settings(as_json=False)
