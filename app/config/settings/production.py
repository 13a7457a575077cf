"""Production: everything from the environment. A missing variable stops the start, by name."""

from __future__ import annotations

import environ
from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *  # noqa: F403

env = environ.Env()

REQUIRED = {
    "SECRET_KEY": "a long random string that signs sessions",
    "DATABASE_URL": "postgresql://USER:PASSWORD@HOST:5432/NAME",
    "ALLOWED_HOSTS": "the shop's host names, separated by commas",
    "SHOP_ADDRESS": "the shop's own address, https://shop.example",
    "STRIPE_API_KEY": "the secret key from Stripe's dashboard",
    "STRIPE_WEBHOOK_SECRETS": "the endpoint's signing secrets, separated by commas",
}

_missing = [f"{name} ({what})" for name, what in REQUIRED.items() if not env.str(name, default="")]
if _missing:
    raise ImproperlyConfigured(
        "Environment: these variables are not set: " + "; ".join(_missing) + "."
    )

SECRET_KEY = env.str("SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
DATABASES = {"default": {**env.db("DATABASE_URL"), "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}}

SHOP_IS_DEMO = False
SHOP_ADDRESS = env.str("SHOP_ADDRESS")

STRIPE_API_KEY = env.str("STRIPE_API_KEY")
STRIPE_API_BASE = ""
STRIPE_WEBHOOK_SECRETS = env.list("STRIPE_WEBHOOK_SECRETS")
STRIPE_LIVEMODE = not STRIPE_API_KEY.startswith(("sk_test_", "rk_test_"))

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = True
X_FRAME_OPTIONS = "DENY"

STORAGES = {
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
}
