"""Settings of a Teahorse deployment; what may differ from place to place comes from :mod:`teahorse.environment`."""

import django_stubs_ext
from csp.constants import NONE, SELF
from django.conf import global_settings
from django.conf.locale import LANG_INFO
from django.utils.translation import gettext_lazy as _

from teahorse import environment

django_stubs_ext.monkeypatch()  # ModelAdmin[Offer] and the like can be written where Django itself cannot subscript

ROOT = environment.ROOT
DATA = environment.data_folder()

# --- Django

SECRET_KEY = environment.kept_secret("TEAHORSE_SECRET_KEY")
DEBUG = environment.flag("TEAHORSE_DEBUG")
ALLOWED_HOSTS = environment.words("TEAHORSE_HOSTS", "127.0.0.1,localhost")
PROXIES = environment.number("TEAHORSE_PROXIES", 0)  # how many of our own stand before us; see teahorse.common.visitors
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None  # the proxy says how it was asked
SITE_URL = environment.text("TEAHORSE_SITE_URL", f"http://127.0.0.1:{environment.number('PORT', 8000)}")
ROOT_URLCONF = "teahorse.urls"
WSGI_APPLICATION = "teahorse.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "teahorse.common",
    "teahorse.places",
    "teahorse.people",
    "teahorse.catalog",
    "teahorse.network",
    "teahorse.stock",
    "teahorse.ledger",
    "teahorse.payments",
    "teahorse.logistics",
    "teahorse.carriers",
    "teahorse.runs",
    "teahorse.promotions",
    "teahorse.orders",
    "teahorse.aftersales",
    "teahorse.settlement",
    "teahorse.invoices",
    "teahorse.dossiers",
    "teahorse.trace",
    "teahorse.mall",
    "teahorse.console",
    "teahorse.api",
    "teahorse.demo",
    "modeltrans",
    "django_cotton.apps.SimpleAppConfig",
    "django_htmx",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "csp",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "teahorse.common.middleware.LoadsOwnOnly",
    "teahorse.common.middleware.LanguageChoice",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "teahorse.common.middleware.SameOrigin",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "teahorse/common/ui/templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                ),
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "teahorse.common.context.page",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django_cotton.templatetags.cotton",
                "teahorse.common.templatetags.ui",
            ],
        },
    },
]

DATABASES = {"default": environment.database()}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "teahorse.common.static_files.HashedFiles"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "common_cache"}}
STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_FINDERS = ["teahorse.common.static_files.Folders", "django.contrib.staticfiles.finders.AppDirectoriesFinder"]
STATICFILES_DIRS = [
    ROOT / "teahorse/common/ui/static",
    *((package, folder) for package in ("@fontsource/noto-serif-tibetan",) if (folder := ROOT / "node_modules" / package).exists()),
]
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA / "media"

# --- Languages: Chinese is the base; Django does not know Tibetan, so it is made known here.

LANG_INFO["bo"] = {"bidi": False, "code": "bo", "name": "Tibetan", "name_local": "བོད་ཡིག"}
global_settings.LANGUAGES = [*global_settings.LANGUAGES, ("bo", "Tibetan")]
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("bo", _("Tibetan")), ("en", _("English"))]
LOCALE_PATHS = [ROOT / "locale"]
FORMAT_MODULE_PATH = "teahorse.common.formats"
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
MODELTRANS_AVAILABLE_LANGUAGES = ("zh-hans", "bo", "en")
MODELTRANS_FALLBACK = {"default": ("zh-hans",), "en": ("zh-hans",), "bo": ("zh-hans",)}

# --- People

AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
]
ACCOUNT_ADAPTER = "teahorse.people.adapter.PhoneAdapter"
ACCOUNT_LOGIN_METHODS = {"phone"}
ACCOUNT_SIGNUP_FIELDS = ["phone*"]
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PHONE_VERIFICATION_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 300
ACCOUNT_RATE_LIMITS = {"request_login_code": "20/m/ip,3/m/key,10/h/key"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
LOGIN_URL = "/me/log-in/"
LOGIN_REDIRECT_URL = "/me/"
LOGOUT_REDIRECT_URL = "/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 90 * 24 * 3600

# --- Safety in the browser

SECURE = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = SECURE
SECURE_HSTS_SECONDS = 31536000 if SECURE else 0
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
DEFAULT_EXCEPTION_REPORTER_FILTER = "teahorse.common.error_pages.HidingSecrets"
PUSH_URL = environment.text("TEAHORSE_PUSH_URL", f"http://127.0.0.1:{environment.number('PORT', 8000) + 1}")
SANDBOX_URL = environment.text("TEAHORSE_SANDBOX_URL")
WECHAT_URL = "https://open.weixin.qq.com"  # the form of the pay page is answered with the way there, inside WeChat
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "connect-src": [SELF, PUSH_URL],
        "form-action": [SELF, WECHAT_URL, *([SANDBOX_URL] if SANDBOX_URL else [])],
        "frame-ancestors": [NONE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024

# --- Trade

STALLED_SECONDS = environment.number("TEAHORSE_STALLED_SECONDS", 30)  # a worker that is silent for so long is dead
RESERVATION_MINUTES = environment.number("TEAHORSE_RESERVATION_MINUTES", 15)
DEMO = environment.flag("TEAHORSE_DEMO")
SANDBOX_KEYS = DATA / "sandbox-keys"
TRACE_HOME = environment.text("TEAHORSE_TRACE_HOME", SITE_URL).rstrip(
    "/"
)  # names of things without a GS1 number begin with it: choose it once
AREA_HEADER = environment.text("TEAHORSE_AREA_HEADER", "")  # in which a trusted proxy says from which county somebody asks (its code)
TRACE_LOG = environment.path("TEAHORSE_TRACE_LOG", DATA / "trace-log")  # the files that anybody may read
TRACE_KEY = environment.path("TEAHORSE_TRACE_KEY", DATA / "trace-log.key")  # what they are signed with; made at the first signing
TRACE_WITNESS_KEY = environment.path("TEAHORSE_TRACE_WITNESS_KEY", DATA / "trace-witness.key")  # by which neighbours' logs are cosigned
TRACE_NEIGHBOURS = environment.words("TEAHORSE_TRACE_NEIGHBOURS")  # origins of witnesses that have no public address or no HTTPS

SILENCED_SYSTEM_CHECKS = [
    "security.W003",  # the CSRF check is teahorse.common.middleware.SameOrigin, a subclass of Django's
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": environment.text("TEAHORSE_LOG", "INFO")},
    "loggers": {
        "httpx": {"level": "WARNING"},
        "procrastinate": {"level": environment.text("TEAHORSE_JOBS_LOG", "WARNING")},
        "django.request": {"level": "ERROR"},
    },
}
