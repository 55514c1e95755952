"""Settings. What an installation may set is an environment variable, listed in docs/reference/settings.md."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from goodstanding.proof.beside import KINDS
from goodstanding.site.home import home, secret
from goodstanding.site.mail import mail

PACKAGE = Path(__file__).resolve().parent.parent


def database(url: str) -> dict[str, object]:
    """Django's database settings from a PostgreSQL address."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ValueError(f"DATABASE_URL must begin with postgresql://, not {parts.scheme}://")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        # Lets statements written out (registry/report.py) be prepared; Django's own cursors never are.
        "OPTIONS": {"prepare_threshold": 5, **dict(parse_qsl(parts.query))},
    }


DEBUG = False
SECRET_KEY = secret("django").hex()
#: Keys the hashes of natural persons' numbers. Losing it loses the link; changing it breaks it.
PERSON_SECRET = secret("person")
#: 32 bytes from which the log's Ed25519 signing key is made.
LOG_SECRET = secret("log")
LOG_ORIGIN = os.environ.get("GOODSTANDING_ORIGIN", "goodstanding.local/log")
#: How else than by Ed25519 the log signs its checkpoints: ml-dsa-44, sm2 (goodstanding.proof.beside).
LOG_SIGNATURES = [item for item in os.environ.get("GOODSTANDING_SIGNATURES", "").split(",") if item]
#: The seeds of those keys, and of such that signed earlier.
LOG_SECRETS_BESIDE = {
    kind: secret(f"log-{kind}")
    for kind in KINDS
    if kind in LOG_SIGNATURES or (home() / "keys" / f"log-{kind}").exists()
}
#: 32 bytes of the Ed25519 key with which this instance answers the instances that it follows, and the tokens for them.
FEDERATION_SECRET = secret("federation")
FEDERATION_FOLDER = home() / "keys" / "neighbours"
#: File with the witnesses to ask and how many must cosign (C2SP tlog-policy); empty asks none.
WITNESS_POLICY = os.environ.get("GOODSTANDING_WITNESS_POLICY", "")

#: Which anchors the published checkpoints are given to (goodstanding.exchange.anchors).
ANCHORS = os.environ.get("GOODSTANDING_ANCHORS", str(home() / "anchors.yaml"))
#: Hours between two issues of the status filter, 0 for none; and how it tells records apart: "" or "item/year".
STATUS_FILTER_HOURS = float(os.environ.get("GOODSTANDING_STATUS_FILTER_HOURS", "6"))
STATUS_FILTER_PARTITION = os.environ.get("GOODSTANDING_STATUS_FILTER_PARTITION", "")

ALLOWED_HOSTS = os.environ.get("GOODSTANDING_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("GOODSTANDING_ORIGINS", "").split(",") if o]
_https = os.environ.get("GOODSTANDING_HTTPS", "") == "yes"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_SSL_REDIRECT = _https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "goodstanding.registry",
    "goodstanding.intake",
    "goodstanding.casework",
    "goodstanding.exchange",
    "goodstanding.portal",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "goodstanding.portal.middleware.SecurityHeaders",
]
ROOT_URLCONF = "goodstanding.site.urls"
WSGI_APPLICATION = "goodstanding.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "goodstanding.portal.context.reader",
            ],
        },
    }
]
DATABASES = {"default": database(os.environ.get("DATABASE_URL", "postgresql://127.0.0.1/unset"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [PACKAGE / "portal" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "static/"
STATICFILES_DIRS: list[Path] = []
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

#: Whether the worker opens cases of restoration without applying (goodstanding.casework.own_motion).
OWN_MOTION = os.environ.get("GOODSTANDING_OWN_MOTION", "no") == "yes"
#: Working days past the last day of an unanswered removal after which a recipient's suspension is proposed to the
#: operator (goodstanding.exchange.staying_behind); None: never.
_suspend_after = os.environ.get("GOODSTANDING_SUSPEND_AFTER", "5")
SUSPEND_AFTER = None if _suspend_after == "never" else int(_suspend_after)
#: Days after which the maker of a decision that used a removed record is reminded (goodstanding.casework.uses), and
#: again after as many; None: never.
_use_reminder = os.environ.get("GOODSTANDING_USE_REMINDER_DAYS", "14")
USE_REMINDER_DAYS = None if _use_reminder == "never" else int(_use_reminder)
#: Where received files wait, by their SHA-256, until they are taken in.
INTAKE_FOLDER = home() / "inbox"
#: Where the lake's files lie (goodstanding.intake.lake).
LAKE_FOLDER = os.environ.get("GOODSTANDING_LAKE", str(home() / "lake"))
#: What takes mass facts in: duckdb, spark://HOST:PORT or rows; unset, DuckDB where the extra `bulk` is installed.
BULK_ENGINE = os.environ.get("GOODSTANDING_ENGINE", "")
#: Memory that a bulk run may use before it goes to the disk.
BULK_MEMORY = os.environ.get("GOODSTANDING_BULK_MEMORY", "3GB")
#: What becomes of rows without a usable code that the worker can link by name: links (what is sure enters), review
#: (a clerk decides on each) or off.
LINKING = os.environ.get("GOODSTANDING_LINKING", "links")
#: The operator's choices where the law text is silent or contested (goodstanding.law.choices).
LAW_CHOICES = os.environ.get("GOODSTANDING_LAW", str(home() / "law.yaml"))
#: What looks at files that people hand in: tcp://HOST:PORT or unix:/PATH of a clamd, or a command; empty, nothing does.
SCANNER = os.environ.get("GOODSTANDING_SCANNER", "")
#: Which bodies hold what the law would ask an applicant for, and how they are asked (goodstanding.casework.connectors).
CONNECTORS = os.environ.get("GOODSTANDING_CONNECTORS", str(home() / "connectors.yaml"))
#: Shipped local supplements of the catalogue of record kinds that this installation uses, by id.
CATALOGUE_SUPPLEMENTS = [item for item in os.environ.get("GOODSTANDING_CATALOGUE", "").split(",") if item]
#: Pushing to loopback and private addresses is refused unless an installation inside one network allows it.
PUSH_TO_PRIVATE_ADDRESSES = os.environ.get("GOODSTANDING_PUSH_PRIVATE", "") == "yes"
#: File with further certificate authorities (PEM) that vouch for whom webhooks are sent to.
PUSH_AUTHORITIES = os.environ.get("GOODSTANDING_PUSH_CA", "")
#: Where the files of snapshots of the feed lie.
SNAPSHOT_FOLDER = home() / "snapshots"
#: The most streams of the feed that are open at the same time.
FEED_STREAMS = int(os.environ.get("GOODSTANDING_STREAMS", "1000"))
#: Where the streams of the feed are served, as their readers reach them.
STREAM_URL = os.environ.get("GOODSTANDING_STREAM_URL", "")
#: Days after which a recipient that has not reconciled is shown as overdue.
RECONCILE_DAYS = int(os.environ.get("GOODSTANDING_RECONCILE_DAYS", "2"))

#: The portal's address as readers of mails reach it.
PORTAL_URL = os.environ.get("GOODSTANDING_URL", "http://localhost:8000").rstrip("/")
#: ``MAIL`` says whether mail is sent; with it Django's own settings of its mail back end.
globals().update(mail(os.environ.get("GOODSTANDING_MAIL", "")))
DEFAULT_FROM_EMAIL = os.environ.get("GOODSTANDING_MAIL_FROM", "goodstanding@localhost")

#: The largest upload: an authority's file or a piece of evidence, in bytes.
UPLOAD_LIMIT = int(os.environ.get("GOODSTANDING_UPLOAD_LIMIT", str(64 * 1024 * 1024)))
DATA_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_LIMIT
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "goodstanding.site.logs.WithoutValues",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("GOODSTANDING_LOG_LEVEL", "WARNING")},
}
