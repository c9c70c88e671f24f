"""Every setting of hubadmin, fed by the environment.

A variable ``X`` may also be given as ``X_FILE``, a path whose content is the value (Docker and
systemd hand secrets over like that). ``docs/configuration.md`` lists them all.
"""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, cast

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping
from kombu import Queue

from hubadmin.logs import configure_logs

BASE_DIR = Path(__file__).resolve().parent.parent


class _Variables(FileAwareMapping):  # type: ignore[misc]
    """The environment and the files it names, without the line break that editors and `echo` add at the end."""

    def __getitem__(self, name: str) -> str:
        value: str = super().__getitem__(name)
        return value.rstrip("\r\n") if f"{name}_FILE" in self.env else value


env = environ.FileAwareEnv()
env.ENVIRON = _Variables()

Environment = Literal["production", "demo", "test"]
ENVIRONMENT = cast(Environment, env.str("ENVIRONMENT", default="production"))
if ENVIRONMENT not in ("production", "demo", "test"):
    raise ImproperlyConfigured(f"ENVIRONMENT must be production, demo or test, not {ENVIRONMENT!r}.")
PRODUCTION = ENVIRONMENT == "production"
DEMO = ENVIRONMENT == "demo"

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY: str = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG must be off in production.")
if PRODUCTION and (len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10 or "secret" in SECRET_KEY.lower()):
    raise ImproperlyConfigured(
        "SECRET_KEY looks like a default. Set at least 50 random characters, for example from "
        "`python -c 'import secrets; print(secrets.token_urlsafe(64))'`."
    )


# --- Addresses -------------------------------------------------------------------------------

PUBLIC_URL: str = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])


def is_loopback(host: str) -> bool:
    """Whether a host name can only be reached from the machine itself."""
    name = host.strip("[]")
    if name in ("localhost", "testserver"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


if DEMO and not all(is_loopback(host) for host in ALLOWED_HOSTS):
    raise ImproperlyConfigured(
        "The demo signs anybody in as anybody: it may not be served under a public host name. "
        "Use ENVIRONMENT=production, or leave ALLOWED_HOSTS to loopback names."
    )
if PRODUCTION and not PUBLIC_URL.startswith("https://"):
    raise ImproperlyConfigured("PUBLIC_URL must start with https:// in production.")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

ROOT_URLCONF = "hubadmin.urls"
WSGI_APPLICATION = "hubadmin.wsgi.application"

# --- Applications: the rooms, from the ground up ----------------------------------------------

INSTALLED_APPS = [
    "hubs",
    "schools",
    "correspondence",
    "programmes",
    "workgroups",
    "funding",
    "reports",
    "hubadmin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.microsoft",
    "crispy_forms",
    "csp",
]

MIDDLEWARE = [
    # First, so that every line logged below carries the request's id.
    "hubadmin.middleware.request_log",
    # Before anything reads a form.
    "hubadmin.middleware.forms_in_utf8",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "hubadmin.middleware.permissions_policy",
    # Before sessions: a style sheet needs neither person nor database.
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    # After authentication, which it asks.
    "hubadmin.middleware.keep_out_of_caches",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hubs.context.page",
                "hubadmin.context.site",
            ],
        },
    }
]
CRISPY_TEMPLATE_PACK = "govuk"
CRISPY_ALLOWED_TEMPLATE_PACKS = ("govuk",)
CRISPY_FAIL_SILENTLY = False

# --- Database: three roles, see hubs/tenancy --------------------------------------------------


def _database(url: str) -> dict[str, Any]:
    return {
        **env.db_url_config(url),
        "CONN_MAX_AGE": 0 if ENVIRONMENT == "test" else env.int("DATABASE_CONN_MAX_AGE", default=600),
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }


DATABASES = {"default": _database(env.str("DATABASE_URL"))}
for _alias, _variable in (("owner", "DATABASE_OWNER_URL"), ("national", "DATABASE_NATIONAL_URL")):
    if _url := env.str(_variable, default=""):
        DATABASES[_alias] = _database(_url)
if PRODUCTION and "national" not in DATABASES:
    raise ImproperlyConfigured("Set DATABASE_NATIONAL_URL to the read-only role for national figures.")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Broker and cache -------------------------------------------------------------------------

REDIS_URL: str = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
# Where several installations share one Redis, each has a prefix of its own.
KEY_PREFIX: str = env.str("KEY_PREFIX", default="hubadmin")
CACHES = {
    "default": {
        "BACKEND": "hubadmin.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": KEY_PREFIX,
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    }
}
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
# A task is taken off the queue when it is done, not when it is begun: a killed worker loses none.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Longer than the longest task, or the broker hands a task out a second time.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    # A request does not wait for a broker that is down: the sweep finds its messages (measured: 7 s otherwise).
    "max_retries": 0,
    "global_keyprefix": f"{KEY_PREFIX}:",
}
CELERY_TASK_PUBLISH_RETRY = False
# Documents have a queue of their own, so that a worker can be kept for the mails; one that names none works on both.
CELERY_TASK_QUEUES = [Queue("celery"), Queue("documents")]
CELERY_TASK_ROUTES = {"correspondence.tasks.make_document": {"queue": "documents"}}
# Making documents leaves memory behind: a process that has grown to this many KiB is replaced between two tasks.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000
CELERY_TIMEZONE = "Europe/London"
CELERY_TASK_TIME_LIMIT = 1800
# The lower the number, the earlier Redis hands a task out.
CELERY_TASK_DEFAULT_PRIORITY = 6
CELERY_BEAT_SCHEDULE = {
    # Nobody needs yesterday's: what a worker did not take in time is dropped. A sign of life overtakes what waits:
    # thousands of mails are no reason to say that none go out.
    "heartbeat": {
        "task": "hubadmin.tasks.beat",
        "schedule": timedelta(seconds=15),
        "options": {"expires": 15, "priority": 0},
    },
    "send-due-messages": {
        "task": "correspondence.tasks.sweep",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 30},
    },
    "make-waiting-documents": {
        "task": "correspondence.tasks.sweep_documents",
        "schedule": timedelta(seconds=30),
        "options": {"expires": 30},
    },
    "purge-expired-documents": {"task": "correspondence.tasks.purge_documents", "schedule": crontab(hour=3, minute=0)},
    # Time itself changes what is due; what people change is derived at once.
    "derive-reminders": {
        "task": "correspondence.tasks.derive_everywhere",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 600},
    },
    "open-added-schools": {"task": "schools.tasks.open_added_schools", "schedule": crontab(hour=0, minute=10)},
    "purge-abandoned-drafts": {"task": "programmes.tasks.purge_drafts", "schedule": crontab(hour=3, minute=20)},
    # After the register's refresh, and whether or not there was one: a broker that was down has told nobody.
    "follow-school-changes": {"task": "programmes.tasks.follow_everywhere", "schedule": crontab(hour=5, minute=30)},
    "clear-sessions": {"task": "hubadmin.tasks.clear_sessions", "schedule": crontab(hour=3, minute=40)},
}

# --- The register of schools ------------------------------------------------------------------

REGISTER_SOURCE: str = env.str("REGISTER_SOURCE", default="").strip()
if "://" in REGISTER_SOURCE and not REGISTER_SOURCE.startswith("https://"):
    raise ImproperlyConfigured("REGISTER_SOURCE must be an https:// address or a folder of this machine.")
if REGISTER_SOURCE:
    CELERY_BEAT_SCHEDULE |= {
        "refresh-register": {"task": "schools.tasks.refresh_register", "schedule": crontab(hour=4, minute=30)},
        # By itself: a refresh that is killed cannot say so.
        "warn-when-overdue": {"task": "schools.tasks.warn_when_overdue", "schedule": crontab(hour=7, minute=0)},
    }

# --- Mail -------------------------------------------------------------------------------------

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
MAILBOX_DIR = VAR_DIR / "mailbox"
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="Maths Hubs <no-reply@hubadmin.invalid>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_TIMEOUT = 20
if DEMO or ENVIRONMENT == "test":
    EMAIL_BACKEND = "correspondence.mailbox.MailboxBackend"
else:
    vars().update(env.email_url_config(env.str("EMAIL_URL", default="smtp://localhost:25")))
    if _backend := env.str("EMAIL_BACKEND", default=""):
        EMAIL_BACKEND = _backend
# Rooms below correspondence hand their letters over by this address (docs/decisions/0003).
LETTERBOX = "correspondence.outbox.queue_message"

# --- Signing in -------------------------------------------------------------------------------

AUTH_USER_MODEL = "hubs.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "my_hubs"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if ENVIRONMENT == "test":
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "hubs.accounts.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "hubs.accounts.SocialAccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
# These send mail to whatever address was typed; the rest of allauth's limits stay as they are.
ACCOUNT_RATE_LIMITS = {"reset_password": "20/h/ip,3/h/key", "request_login_code": "30/h/ip,5/h/key"}
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if PRODUCTION else "http"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_FORMS = {
    "add_email": "hubs.account_forms.ChangeEmailForm",
    "change_password": "hubs.account_forms.ChangePasswordForm",
    "confirm_login_code": "hubs.account_forms.ConfirmLoginCodeForm",
    "login": "hubs.account_forms.LoginForm",
    "reauthenticate": "hubs.account_forms.ReauthenticateForm",
    "request_login_code": "hubs.account_forms.RequestLoginCodeForm",
    "reset_password": "hubs.account_forms.ResetPasswordForm",
    "reset_password_from_key": "hubs.account_forms.ResetPasswordKeyForm",
    "set_password": "hubs.account_forms.SetPasswordForm",
}
MFA_FORMS = {
    "activate_totp": "hubs.account_forms.ActivateTOTPForm",
    "add_webauthn": "hubs.account_forms.AddPasskeyForm",
    "authenticate": "hubs.account_forms.AuthenticateForm",
    "edit_webauthn": "hubs.account_forms.RenamePasskeyForm",
    "reauthenticate": "hubs.account_forms.ReauthenticateCodeForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ADAPTER = "hubs.accounts.SecondFactorAdapter"
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Maths Hubs"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {
    # Google vouches for the addresses it returns; Microsoft does not (any tenant may claim any
    # address), so a Microsoft account counts only after its owner has connected it when signed in.
    "google": {"EMAIL_AUTHENTICATION": True, "SCOPE": ["profile", "email"], "OAUTH_PKCE_ENABLED": True},
    "microsoft": {"TENANT": env.str("MICROSOFT_TENANT", default="organizations"), "OAUTH_PKCE_ENABLED": True},
}
_SIGN_IN_ORIGINS = {"google": "https://accounts.google.com", "microsoft": "https://login.microsoftonline.com"}
FORM_ACTIONS: list[str] = [SELF]
for _provider in ("google", "microsoft"):
    if _client := env.str(f"{_provider.upper()}_CLIENT_ID", default=""):
        SOCIALACCOUNT_PROVIDERS[_provider]["APPS"] = [
            {"client_id": _client, "secret": env.str(f"{_provider.upper()}_CLIENT_SECRET"), "key": ""}
        ]
        # Chromium holds form-action against the redirect that follows the form as well.
        FORM_ACTIONS.append(_SIGN_IN_ORIGINS[_provider])

# --- Security ---------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        # data: for the picture of the second factor's QR code.
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": FORM_ACTIONS,
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Messages name people: they stay on the server.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 60 * 60
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "hubs.kept.csrf_failure"
BEHIND_PROXY = PRODUCTION and env.bool("BEHIND_PROXY", default=True)
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    # Health checks come from inside, over plain HTTP.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    if BEHIND_PROXY:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    # For the whole domain and for good: only its owner can promise that.
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_INCLUDE_SUBDOMAINS", default=False)
    SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=False)
    SESSION_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_SECURE = True
    CSRF_COOKIE_NAME = "__Host-csrf"
# How many proxies of ours stand in front; the client's address is read that far from the right.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=1 if BEHIND_PROXY else 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# --- Language and time ------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_TZ = True
USE_I18N = True

# --- Files ------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static" / "dist"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if ENVIRONMENT == "test"
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Logs -------------------------------------------------------------------------------------

LOGGING_CONFIG = None
configure_logs(level=env.str("LOG_LEVEL", default="INFO"), as_json=PRODUCTION)
