"""Production: everything from the environment. What is missing or wrong stops the start, by name.

`core.environment.VARIABLES` is the whole list; nothing here can be switched off but by it.
"""

from __future__ import annotations

import os

import environ

from config import logs
from config.settings.base import *  # noqa: F403
from core.environment import is_true, listed, read

given = read(os.environ)

SECRET_KEY = given["SECRET_KEY"]
DEBUG = False
ALLOWED_HOSTS = listed(given["ALLOWED_HOSTS"])
CSRF_TRUSTED_ORIGINS = listed(given["CSRF_TRUSTED_ORIGINS"])
DATABASES = {
    "default": {
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        **environ.Env.db_url_config(given["DATABASE_URL"]),
    }
}
# A server that is gone is given up on, rather than waited for while requests pile up.
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)

SHOP_IS_DEMO = False
SECOND_FACTOR_REQUIRED = True
SHOP_ADDRESS = given["SHOP_ADDRESS"]

STRIPE_API_KEY = given["STRIPE_API_KEY"]
STRIPE_API_BASE = ""
STRIPE_CHECKOUT_ORIGIN = given["STRIPE_CHECKOUT_ORIGIN"]
STRIPE_WEBHOOK_SECRETS = listed(given["STRIPE_WEBHOOK_SECRETS"])
STRIPE_LIVEMODE = not STRIPE_API_KEY.startswith(("sk_test_", "rk_test_"))

# Forwarded headers are believed only from proxies of ours; without any, anybody could write them.
TRUSTED_PROXIES = int(given["TRUSTED_PROXIES"])
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_SSL_REDIRECT = is_true(given["SECURE_SSL_REDIRECT"])
SECURE_HSTS_SECONDS = int(given["SECURE_HSTS_SECONDS"])
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
# The prefix makes browsers refuse these cookies from a subdomain or over plain HTTP.
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

STORAGES = {
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
}
LOGGING = logs.settings(as_json=True)
