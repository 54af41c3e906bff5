"""Settings of the LOAF project: one file, read from the environment, listed in .env.example."""

import sys
from pathlib import Path

import dj_database_url
from botocore.config import Config as BotoConfig
from csp.constants import NONE, SELF

from loaf import env

BASE_DIR = Path(__file__).resolve().parent.parent
env.load_dotenv(BASE_DIR / ".env")
VAR_DIR = Path(env.text("VAR_DIR", str(BASE_DIR / "var")))

TESTING = "pytest" in sys.modules or env.flag("TESTING")
DEBUG = env.flag("DEBUG") and not TESTING
# A development machine: SQLite, the sandbox, no TLS, demo data. DEBUG only adds Django's own fault
# pages.
DEVELOPMENT = env.flag("DEVELOPMENT") or DEBUG or TESTING
if DEVELOPMENT:
    VAR_DIR.mkdir(parents=True, exist_ok=True)

SECRET_KEY = env.secret(
    "SECRET_KEY", "development-only-0123456789-abcdefghij" if DEVELOPMENT else None
)
SECRET_KEY_FALLBACKS = env.secrets("SECRET_KEY_FALLBACKS", "", unlike=SECRET_KEY)
SITE_URL = env.address(
    "SITE_URL", "http://localhost:8000" if DEVELOPMENT else None, plain=DEVELOPMENT
)
ALLOWED_HOSTS = env.hosts(
    "ALLOWED_HOSTS",
    "localhost,127.0.0.1,[::1],testserver" if DEVELOPMENT else SITE_URL.split("/")[2].split(":")[0],
)
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", SITE_URL)

# The organisation, as its pages, mails and receipts name it. Discreet on purpose: it could be a
# bakery.
ORG_NAME = env.text("ORG_NAME", "LOAF")
ORG = {
    "name": ORG_NAME,
    "city": env.text("ORG_CITY", "Houston, Texas"),
    "phone": env.text("ORG_PHONE", "713-555-0142"),
    "phone_hours": env.text("ORG_PHONE_HOURS", "weekdays 10 to 4"),
    "email": env.text("ORG_EMAIL", "hello@loaf.example"),
    "address": env.text("ORG_ADDRESS", "P.O. Box 0000, Houston, Texas 77000"),
    "open_name": env.text("ORG_OPEN_NAME", "LGBT Organization and Friends"),
    "legal_name": env.text("ORG_LEGAL_NAME", "LOAF"),
    "ein": env.text("ORG_EIN", ""),
    "statement": env.text("ORG_STATEMENT_DESCRIPTOR", "LOAF HOUSTON"),
    # What the club says of itself to strangers; templates name no city, age or meal.
    "about": env.text(
        "ORG_ABOUT",
        f"{ORG_NAME} is good company for people over fifty in Houston, and for the friends who"
        " love us. We eat together, walk together and look out for one another.",
    ),
    "story": env.text(
        "ORG_STORY",
        f"{ORG_NAME} began in a living room and outgrew it. Most of us are between fifty and"
        " ninety-two; all of us know what it is to be the new one at the table. There is a potluck"
        " each month, coffee every week, a walk on Sundays, and somebody to call when the house is"
        " too quiet.",
    ),
    "who_may_join": env.text("ORG_WHO_MAY_JOIN", "I’m 50 or over, or the partner of a member"),
    "gifts_buy": env.text(
        "ORG_GIFTS_BUY",
        "Gifts buy rides, hall rent and a hot lunch for someone who would otherwise eat alone.",
    ),
}
# A committee votes on applicants when this many yes are needed; 0 is off.
COMMITTEE_YES = env.number("COMMITTEE_YES", 0, least=0, most=50)
COMMITTEE_DAYS = env.number("COMMITTEE_DAYS", 14, most=365)
CURRENCY = env.text("CURRENCY", "usd").lower()
TAX_RATES = env.rates("TAX_RATES")
LEAVE_URL = env.address("LEAVE_URL", "https://www.weather.gov/") + "/"

# Signing in with another company's account tells that company who comes here: each is off until its
# id is named.
SOCIAL_KEYS = {
    name: (env.text(f"{name.upper()}_CLIENT_ID", ""), env.text(f"{name.upper()}_CLIENT_SECRET", ""))
    for name in ("google", "github")
}
SOCIAL_APPS = [
    f"allauth.socialaccount.providers.{name}" for name, (key, _) in SOCIAL_KEYS.items() if key
]
SOCIALACCOUNT_PROVIDERS = {
    name: {"APP": {"client_id": key, "secret": secret}}
    for name, (key, secret) in SOCIAL_KEYS.items()
    if key
}
SOCIALACCOUNT_ADAPTER = "members.adapter.SocialAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_STORE_TOKENS = False

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "loaf.apps.LoafAdminConfig",
    "notices",
    "members",
    "billing",
    "events",
    "donations",
    "imports",
    "loaf",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    *SOCIAL_APPS,
    "import_export",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "template_partials",
    "csp",
    "storages",
    "djstripe",
]
MIDDLEWARE = [
    "loaf.middleware.FaultMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "loaf.middleware.HeaderMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "members.keys.KeyMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "members.audit.ActingMiddleware",
    "members.devices.DeviceMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "loaf.middleware.DoorMiddleware",
    "members.fresh.FreshMiddleware",
    "members.assist.AssistMiddleware",
    "loaf.once.OnceMiddleware",
]
ROOT_URLCONF = "loaf.urls"
WSGI_APPLICATION = "loaf.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "core.squeeze.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "loaf.context.site",
            ],
            "builtins": [
                # In Django itself from 6.0 on; as a builtin the templates read the same on both.
                "template_partials.templatetags.partials",
                "django.templatetags.i18n",
                "django.templatetags.static",
                "core.templatetags.loaf",
            ],
        },
    }
]
FORM_RENDERER = "core.forms.LoafRenderer"

# Database: PostgreSQL to run it, an SQLite file to try it.
DATABASE_URL = env.text(
    "DATABASE_URL", f"sqlite:///{VAR_DIR / 'loaf.sqlite3'}" if DEVELOPMENT else None
)
# A pooled connection is looked at before it is used: after a restart of the database no page meets
# a dead one. A database on another machine is reached over verified TLS (loaf.E009), unless the
# network between is closed to others.
DATABASE_NETWORK_IS_PRIVATE = env.flag("DATABASE_NETWORK_IS_PRIVATE")
DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_health_checks=True)}
if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        {
            # A pool a process: web workers x max_size must stay below the server's max_connections.
            "pool": {
                "min_size": 1,
                "max_size": env.number("DATABASE_POOL", 4, most=100),
                "timeout": 10,
            },
            # No statement here runs so long that compiling it would pay.
            "options": (
                "-c jit=off -c statement_timeout={} -c lock_timeout=5000 -c"
                " idle_in_transaction_session_timeout=30000".format(
                    env.number("DATABASE_STATEMENT_TIMEOUT_MS", 15_000, least=1_000, most=600_000)
                )
            ),
            "connect_timeout": 3,
        }
    )
else:
    DATABASES["default"].setdefault("OPTIONS", {}).update(
        {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # 8 MB of pages kept at hand instead of 2, and 16 MB written before they are put in
            # their places instead of 4.
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
                "PRAGMA cache_size=-8000; PRAGMA wal_autocheckpoint=4000;"
            ),
        }
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DEVELOPMENT:
    # dj-stripe's own chain costs about 48 s of CPU. This one-file copy records itself as the real
    # chain (replaces=…), so a database begun here can go on with the real one.
    MIGRATION_MODULES = {"djstripe": "sandbox.djstripe_migrations"}

# The cache holds rate limits of the sign-in library, so all processes must share it: a table of the
# database.
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "loaf_cache"}
}

# Files: private storage on disk, or in a bucket (S3, R2) when one is named.
S3_BUCKET = env.text("S3_BUCKET", "")
S3_ENDPOINT_URL = env.text("S3_ENDPOINT_URL", "")
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEVELOPMENT
PRIVATE_ROOT = Path(env.text("PRIVATE_ROOT", str(VAR_DIR / "private")))
STORAGES = {
    "default": (
        {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": S3_BUCKET,
                "endpoint_url": S3_ENDPOINT_URL or None,
                "region_name": env.text("S3_REGION", "auto"),
                "access_key": env.text("S3_ACCESS_KEY", None if S3_BUCKET else ""),
                "secret_key": env.text("S3_SECRET_KEY", None if S3_BUCKET else ""),
                "default_acl": None,
                "file_overwrite": False,
                "querystring_expire": 300,
                # Without "when_required" boto3 adds a CRC32 header to every upload, which R2
                # refuses.
                "client_config": BotoConfig(
                    signature_version="s3v4",
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                    s3={"addressing_style": "path"},
                    connect_timeout=3,
                    read_timeout=10,
                ),
            },
        }
        if S3_BUCKET
        else {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": PRIVATE_ROOT},
        }
    ),
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEVELOPMENT
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
IMPORT_MAX_BYTES = env.number("IMPORT_MAX_MB", 100, most=2_000) * 1_000_000

# Background work: rows in the database, written in the same transaction as what they belong to.
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default", "slow"]}}
TASK_LEASE_SECONDS = env.number("TASK_LEASE_SECONDS", 60, least=2, most=3_600)

# Signing in.
AUTH_USER_MODEL = "members.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 8},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "members.passwords.OurWords"},
    {"NAME": "members.passwords.LongForStaff"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "members.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
# Life, tries and number of codes are members/codes.py's; the library only keeps the half-done
# sign-in, for as long as one waits.
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_LOGIN_TIMEOUT = 2 * 3600
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = 10_000
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_FORMS = {
    "request_login_code": "members.forms.RequestLoginCodeForm",
    "confirm_login_code": "members.forms.ConfirmLoginCodeForm",
    "login": "members.forms.LoginForm",
}
# Knocks, codes and passwords are counted by us (members/limits.py says how). What is left to the
# library are tries of a second key by somebody who is signed in, for each login.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "request_login_code": None,
    "reset_password": None,
    "login_failed": "10/15m/key",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 0, least=0, most=5)
MFA_ADAPTER = "members.adapter.MFAAdapter"
MFA_FORMS = {
    "login_webauthn": "members.forms.passkeys.LoginPasskeyForm",
    "reauthenticate_webauthn": "members.forms.passkeys.AgainPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEVELOPMENT
MFA_RECOVERY_CODE_COUNT = 10
# Sensitive powers (members/permissions.py) sleep until a passkey or an authenticator app was used
# in the session.
STAFF_SECOND_FACTOR = env.flag("STAFF_SECOND_FACTOR", "pytest" in sys.modules or not DEVELOPMENT)
STAFF_IDLE_MINUTES = env.number("STAFF_IDLE_MINUTES", 30, most=120)
SESSION_COOKIE_AGE = 180 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "loaf.views.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Care notes, access needs, emergency contacts and safety rules stand encrypted in the database
# (core/crypt.py). The first key writes, all of them read; `manage.py rotate_keys` after a change.
FIELD_KEYS = env.secrets(
    "FIELD_KEYS", "fields-development-only-0123456789" if DEVELOPMENT else None, unlike=SECRET_KEY
)

# __Host-: sent over TLS to this host alone, on every path, and no other host can set it. Only a
# development machine goes without.
COOKIE_PREFIX = "" if DEVELOPMENT else "__Host-"
# Safe transport. Only a development machine goes without.
if not DEVELOPMENT:
    SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", True)
    # Machines are not redirected: what they send over http was read on its way already. These two
    # refuse it (loaf.middleware), and health is asked by the proxy itself.
    SECURE_REDIRECT_EXEMPT = [r"^health/", r"^stripe/webhook/", r"^policy-report/"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = (
        ("HTTP_X_FORWARDED_PROTO", "https") if ALLAUTH_TRUSTED_PROXY_COUNT else None
    )
    SESSION_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}session"
    CSRF_COOKIE_SECURE = True
    CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrf"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Stripe, through its own SDK and dj-stripe; an address of our own stand-in in development and
# tests.
STRIPE_LIVE_MODE = env.flag("STRIPE_LIVE_MODE")
STRIPE_LIVE_SECRET_KEY = env.text("STRIPE_LIVE_SECRET_KEY", "")
STRIPE_TEST_SECRET_KEY = env.text(
    "STRIPE_TEST_SECRET_KEY", "sk_test_" + "s" * 24 if DEVELOPMENT else ""
)
STRIPE_API_HOST = env.text(
    "STRIPE_API_HOST", "http://127.0.0.1:8031" if DEVELOPMENT else "https://api.stripe.com"
)
STRIPE_CHECKOUT_ORIGIN = env.text(
    "STRIPE_CHECKOUT_ORIGIN",
    "http://localhost:8031" if DEVELOPMENT else "https://checkout.stripe.com",
)
STRIPE_WEBHOOK_TOLERANCE = env.number("STRIPE_WEBHOOK_TOLERANCE", 300, most=600)
# What one person may pay back alone, in minor units; above it a second person agrees.
REFUND_ALONE_UP_TO = env.number("REFUND_ALONE_UP_TO", 5_000, least=0)
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
DJSTRIPE_SUBSCRIBER_MODEL = "members.Member"
DJSTRIPE_SUBSCRIBER_MODEL_MIGRATION_DEPENDENCY = "0001_initial"

# No inline script or style anywhere, nothing from another host. Browsers hold a form's redirects to
# form-action too, so the hosted payment page and the place "Quick exit" goes to must be named.
_FORM_ACTION = [SELF, STRIPE_CHECKOUT_ORIGIN, "/".join(LEAVE_URL.split("/")[:3])]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": _FORM_ACTION,
        "report-uri": ["/policy-report/"],
        "report-to": ["policy"],
    }
}

# E-mail goes out through SMTP; development and tests talk to the catcher of the sandbox.
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = env.text("EMAIL_HOST", "127.0.0.1" if DEVELOPMENT else "")
EMAIL_PORT = env.number("EMAIL_PORT", 8025 if DEVELOPMENT else 587, most=65_535)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", not DEVELOPMENT)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"{ORG['name']} <{ORG['email']}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

LANGUAGE_CODE = "en-us"
TIME_ZONE = env.text("TIME_ZONE", "America/Chicago")
USE_I18N = True
USE_TZ = True

# The log tells the story without personal data: no query strings, no bodies, ids instead of names.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "core.logs.WithoutWords",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "filters": {"one_line": {"()": "core.logs.OneLine"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["one_line"]}
    },
    "root": {
        "handlers": ["console"],
        "level": env.text("LOG_LEVEL", "ERROR" if TESTING else "INFO"),
    },
    "loggers": {
        "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # loaf.views.errors writes one line with a code for a fault; Django's own would repeat it
        # with the path's ids.
        "django.request": {"handlers": ["console"], "level": "CRITICAL", "propagate": False},
        "stripe": {"level": "WARNING"},
        "django_tasks": {"level": "WARNING"},
        "weasyprint": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
        "django_tasks_db": {"level": "WARNING"},
    },
}

SILENCED_SYSTEM_CHECKS = [
    "models.W042",
    # dj-stripe warns whenever its API address is named; ours is always named, and loaf.E004 guards
    # a live site.
    "djstripe.W002",
]
