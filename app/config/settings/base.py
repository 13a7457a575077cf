"""What every way of running the shop shares. Nothing here is secret and nothing is a default
that production could forget to change: see `production` for what it must be given."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import django_stubs_ext
from csp.constants import NONE, SELF

django_stubs_ext.monkeypatch()

APP_DIR = Path(__file__).resolve().parent.parent.parent
ROOT = APP_DIR.parent

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "pgtrigger",
    "procrastinate.contrib.django",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "core",
    "audit",
    "accounts",
    "catalog",
    "orders",
    "payments",
    "refunds",
    "subscriptions",
    "webhooks",
    "monitoring",
    "analyticsapp",
    "exports",
    "privacy",
    "backups",
    "demo",
]

MIDDLEWARE = [
    "core.health.Health",
    "core.request_log.RequestLog",
    "core.headers.Headers",
    "core.headers.ContentPolicy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "accounts.factor_first.FactorFirst",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
SESSION_ENGINE = "core.sessions"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "accounts.lockout.LockoutBackend",
    "django.contrib.auth.backends.ModelBackend",
]
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "catalog:shop-front"
LOGOUT_REDIRECT_URL = "catalog:shop-front"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [APP_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context.shop",
            ],
        },
    }
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = ROOT / "staticfiles"
STATICFILES_DIRS = [APP_DIR / "static"]

# Every page is proved under the policy that production has: styles from here, and no scripts.
# `core.headers.ContentPolicy` adds Stripe's payment page to where a form may lead.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
# How many proxies of ours stand between visitors and the shop: see `core.client`.
TRUSTED_PROXIES = 0
# Where customers pay, when it is neither Stripe's own page nor where the twin's API stands.
STRIPE_CHECKOUT_ORIGIN = ""

# Guessing passwords: see `accounts.lockout`. A name is locked from where it was tried, so that
# nobody can lock somebody else out from afar; tries while it is locked do not prolong it.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_LOCKOUT_CALLABLE = "accounts.lockout.answer"
AXES_USERNAME_CALLABLE = "accounts.lockout.name_tried"
AXES_CLIENT_IP_CALLABLE = "core.client.address"
AXES_ENABLE_ADMIN = False
# Successful sign-ins are audited by key; a second list with names and addresses serves nothing.
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

SHOP_NAME = "Purelaka"

# Staff may set up a second factor anywhere and then need it; production lets none in without.
SECOND_FACTOR_REQUIRED = False
OTP_TOTP_ISSUER = SHOP_NAME
SHOP_CURRENCY = "GBP"

# Stripe. The API version is pinned, so that an upgrade at Stripe changes nothing here.
STRIPE_API_VERSION = "2026-10-28.endive"
STRIPE_TIMEOUT_S = 20
STRIPE_WEBHOOK_TOLERANCE_S = 300
STRIPE_WEBHOOK_MAX_BYTES = 512 * 1024

# Jobs. A daily run that nobody was there for is made up for when a worker is back, up to a day
# late; without this, Procrastinate forgets it after ten minutes.
JOBS_MADE_UP_HOURS = 24
PROCRASTINATE_PERIODIC_DEFAULTS = {"max_delay": JOBS_MADE_UP_HOURS * 3600}
