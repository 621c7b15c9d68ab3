"""Settings, all of them from the environment that the service is given; there is no default for a secret."""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url

PACKAGE = Path(__file__).parent

SECRET_KEY = os.environ["LOPHOC_SECRET_KEY"]
MEDIA_SECRET = os.environ["LOPHOC_MEDIA_SECRET"]
ALLOWED_HOSTS = os.environ.get("LOPHOC_ALLOWED_HOSTS", "localhost").split(",")
DEBUG = False

#: Our own rooms; their templates come before those of libraries that have one of the same name.
ROOMS = (
    "lophoc.accounts",
    "lophoc.content",
    "lophoc.catalogue",
    "lophoc.classes",
    "lophoc.packages",
    "lophoc.assessment",
    "lophoc.forum",
    "lophoc.notices",
    "lophoc.schedule",
    "lophoc.certificates",
    "lophoc.surveys",
    "lophoc.reports",
    "lophoc.operations",
)
INSTALLED_APPS = [
    *ROOMS,
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "auditlog",
    "import_export",
    "post_office",
    "django_tasks",
    "django_tasks_db",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "lophoc.operations.middleware.RequestClassMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "lophoc.operations.middleware.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "auditlog.middleware.AuditlogMiddleware",
    "lophoc.accounts.middleware.SecondFactorMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "lophoc.urls"
WSGI_APPLICATION = "lophoc.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [PACKAGE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "lophoc.accounts.context.rights",
                "lophoc.notices.unread.unread",
            ]
        },
    }
]

DATABASES = {
    "default": {
        **dj_database_url.parse(os.environ["LOPHOC_DATABASE_URL"], conn_max_age=60),
        # pgbouncer hands a server connection over at each transaction's end, so no cursor may outlive one.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": os.environ.get("LOPHOC_CACHE_URL", ""),
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cache"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = ["lophoc.accounts.hashers.Argon2idHasher"]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "lophoc.accounts.backends.PeopleBackend"]
#: People with a role on the whole site do nothing before they have set up and shown a second factor.
REQUIRE_MFA = True
#: How long a link to set a password is good: rosters are sent out some days before a course begins.
PASSWORD_RESET_TIMEOUT = 7 * 86400
# allauth does sign-in and second factors. Its limits for each address would shut out schools, where many share one;
# axes counts failures for a name and an address together, in the cache, so a sign-in costs the database nothing more.
ACCOUNT_ADAPTER = "lophoc.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "10/5m/key", "reset_password": "60/m/ip,5/h/key"}
MFA_ADAPTER = "lophoc.accounts.adapters.MfaAdapter"
MFA_TOTP_TOLERANCE = 1
AXES_HANDLER = "axes.handlers.cache.AxesCacheHandler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "lophoc.accounts.lockout.client_address"
AXES_LOCKOUT_TEMPLATE = "accounts/locked.html"
AXES_HTTP_RESPONSE_CODE = 429
AXES_VERBOSE = False
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "course_list"
LOGOUT_REDIRECT_URL = "login"

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_HTTPONLY = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# blob: is how a script that plays HLS feeds a video.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self' blob:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
#: For the pages of Wagtail's admin alone (content/views.py): its editor sets style attributes, frames its own preview,
#: and shows pictures that a browser made of an upload.
EDITOR_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self'; font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; "
    "frame-ancestors 'self'; base-uri 'none'"
)
#: Largest essay, in bytes.
ESSAY_BYTES = 20 * 2**20
#: Largest file of a material, in bytes.
MATERIAL_BYTES = 500 * 2**20
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 2**20

STATIC_URL = "/static/"
STATICFILES_DIRS = [PACKAGE / "static"]
STATIC_ROOT = os.environ.get("LOPHOC_STATIC_ROOT", "static")
MEDIA_URL = "/media/"
# A site has its media store at the edge, at http://:TOKEN@HOST:PORT/; without one, files lie in a folder here.
_STORE = os.environ.get("LOPHOC_MEDIA_STORE", "")
MEDIA_ROOT = os.environ.get("LOPHOC_MEDIA_ROOT", "media")
#: Addresses of uploads are signed, in Wagtail's admin too: the edge gives nothing else out.
STORAGES = {
    "default": {"BACKEND": "lophoc.content.edge_store.EdgeStore", "OPTIONS": {"address": _STORE}}
    if _STORE
    else {"BACKEND": "lophoc.content.storage.SignedStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
INITIAL_PASSWORDS = os.environ.get("LOPHOC_INITIAL_PASSWORDS", "")

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", "Tiếng Việt"), ("en", "English")]
LOCALE_PATHS = [PACKAGE / "locale"]
# The choice of a language outlasts the browser; an account keeps it too (accounts/language.py).
LANGUAGE_COOKIE_AGE = 365 * 86400
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_SAMESITE = True, "Lax"
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_I18N = USE_TZ = True
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
EMAIL_BACKEND = "post_office.EmailBackend"
# The mail server, like smtp+starttls://user:password@mail.example.org:587 (smtps:// and smtp:// too, a user's name and
# password percent-encoded). Without one, mail stays queued: notices' send_queued_mail doesn't try.
_MAIL = urlsplit(os.environ.get("LOPHOC_EMAIL_URL", ""))
EMAIL_HOST = _MAIL.hostname or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.scheme == "smtp+starttls", _MAIL.scheme == "smtps"
EMAIL_PORT = _MAIL.port or {"smtps": 465, "smtp+starttls": 587}.get(_MAIL.scheme, 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_MAIL.username or ""), unquote(_MAIL.password or "")
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("LOPHOC_EMAIL_FROM", f"lophoc@{ALLOWED_HOSTS[0]}")
POST_OFFICE = {
    "BACKENDS": {"default": "django.core.mail.backends.smtp.EmailBackend"},
    # A mail server that is away for a night is waited for; a mail is tried every quarter of an hour.
    "MAX_RETRIES": 50,
    "RETRY_INTERVAL": timedelta(minutes=15),
    "BATCH_SIZE": 200,
    "THREADS_PER_PROCESS": 2,
    "SENDING_ORDER": ["-priority", "created"],
    "LOG_LEVEL": 1,
}
WAGTAIL_SITE_NAME = "Lớp học"
WAGTAILADMIN_LOGIN_URL = "/dang-nhap/"
WAGTAIL_FINISH_WORKFLOW_ACTION = "lophoc.content.workflow.publish"
# Nothing is asked of hosts outside the site.
WAGTAIL_ENABLE_UPDATE_CHECK = WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
# Passwords and addresses are the affair of accounts/.
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILADMIN_BASE_URL = os.environ.get("LOPHOC_URL", "https://localhost")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
