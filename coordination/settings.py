"""Django settings, all from the environment (12-factor); CONTRACT names each variable in docs/settings.md."""

from celery.schedules import crontab, schedule
from kombu import Exchange, Queue

from coordination import embedded, environment

BASE_DIR = environment.CHECKOUT
HOME = environment.home()
DEBUG = environment.flag("DEBUG")
SECRET_KEY = environment.secret_key(HOME)
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = environment.origins("CSRF_TRUSTED_ORIGINS")
# Where links in e-mails and webhooks lead.
PUBLIC_URL = environment.address("PUBLIC_URL", ("http", "https")) or next(
    iter(CSRF_TRUSTED_ORIGINS), "http://127.0.0.1:8000"
)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "channels",
    "django_htmx",
    "template_partials",
    "coordination",
    "coordination.accounts",
    "coordination.audit",
    "coordination.approvals",
    "coordination.agents",
    "coordination.policies",
    "coordination.workflows",
    "coordination.memory",
    "coordination.messaging",
    "coordination.risk",
    "coordination.bias",
    "coordination.runs",
    "coordination.triggers",
    "coordination.insights",
    "coordination.notifications",
    "coordination.reports",
    "coordination.api",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "coordination.web.compression.Compression",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "coordination.web.headers.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "coordination.web.errors.ErrorPagesMiddleware",
]

ROOT_URLCONF = "coordination.urls"
ASGI_APPLICATION = "coordination.asgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "coordination.web.contexts.shell.shell",
            ],
            "libraries": {"ui": "coordination.web.templatetags.ui"},
        },
    }
]

# --- Truth: PostgreSQL -------------------------------------------------------------------------------------
DATABASE_URL = environment.address("DATABASE_URL", ("postgresql", "postgres")) or embedded.database_url(HOME)
# What serving processes are in the database: a role that can add to the audit log and change nothing in it.
DATABASE_ROLE = environment.name("DATABASE_ROLE", default="coordination_app")
DATABASES = {"default": environment.database(DATABASE_URL, DATABASE_ROLE)}

# --- Hints: Redis ------------------------------------------------------------------------------------------
REDIS_URL = environment.address("REDIS_URL", ("redis", "rediss", "unix")) or embedded.redis_url(HOME)
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "coordination"},
    }
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}

# So many calls of agents and tools that never end may hang in a worker's process before it is started afresh; 0: any.
MAX_HANGING_CALLS = environment.number("MAX_HANGING_CALLS", 8)

# --- Work: Celery ------------------------------------------------------------------------------------------
CELERY_BROKER_URL = environment.address(
    "CELERY_BROKER_URL", ("redis", "rediss", "amqp", "amqps")
) or environment.broker(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# The default exchange routes by queue name alone: it needs no binding in Redis, so a flushed Redis still delivers.
CELERY_TASK_QUEUES = [Queue(name, Exchange(""), routing_key=name) for name in ("io", "cpu")]
CELERY_TASK_DEFAULT_QUEUE = "io"
CELERY_TASK_DEFAULT_EXCHANGE = ""
CELERY_TASK_DEFAULT_ROUTING_KEY = "io"
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_SCHEDULE = {
    "seal records": {"task": "audit.seal", "schedule": schedule(1.0), "options": {"queue": "io", "expires": 2}},
    "prove silence": {
        "task": "audit.prove_silence",
        "schedule": schedule(300.0),
        "options": {"queue": "io", "expires": 300},
    },
    "tell anchors": {
        "task": "audit.tell_anchors",
        "schedule": schedule(30.0),
        "options": {"queue": "io", "expires": 30},
    },
    "check all records": {"task": "audit.recheck", "schedule": crontab(hour=2, minute=17), "options": {"queue": "cpu"}},
    "drop old records": {"task": "audit.drop_old", "schedule": crontab(hour=3, minute=43), "options": {"queue": "cpu"}},
    "tick triggers": {"task": "triggers.tick", "schedule": schedule(2.0), "options": {"queue": "io", "expires": 4}},
    "call people": {
        "task": "approvals.make_calls",
        "schedule": schedule(5.0),
        "options": {"queue": "io", "expires": 10},
    },
    "share out questions": {
        "task": "approvals.share_out",
        "schedule": schedule(30.0),
        "options": {"queue": "io", "expires": 60},
    },
    "stem floods": {"task": "runs.stem_floods", "schedule": schedule(5.0), "options": {"queue": "io", "expires": 10}},
    "sweep runs": {"task": "runs.sweep", "schedule": schedule(2.0), "options": {"queue": "io", "expires": 4}},
    "carry out answers": {
        "task": "runs.take_held",
        "schedule": schedule(1.0),
        "options": {"queue": "io", "expires": 2},
    },
    "advance policies": {
        "task": "policies.advance",
        "schedule": schedule(30.0),
        "options": {"queue": "io", "expires": 60},
    },
    "collect outcomes": {
        "task": "insights.collect_outcomes",
        "schedule": schedule(15.0),
        "options": {"queue": "io", "expires": 30},
    },
    "demote agents": {
        "task": "insights.demote_agents",
        "schedule": schedule(15.0),
        "options": {"queue": "io", "expires": 30},
    },
    "watch decisions for bias": {
        "task": "insights.watch_bias",
        "schedule": schedule(10.0),
        "options": {"queue": "io", "expires": 20},
    },
    "heed verdicts": {
        "task": "insights.heed_verdicts",
        "schedule": schedule(15.0),
        "options": {"queue": "io", "expires": 30},
    },
    "guard judgement": {
        "task": "insights.guard_judgement",
        "schedule": schedule(20.0),
        "options": {"queue": "io", "expires": 40},
    },
    "fade records": {
        "task": "insights.fade_records",
        "schedule": schedule(600.0),
        "options": {"queue": "io", "expires": 600},
    },
    "find lost backtests": {
        "task": "policies.find_lost_backtests",
        "schedule": schedule(10.0),
        "options": {"queue": "io", "expires": 20},
    },
    "look after knowledge": {
        "task": "memory.look",
        "schedule": schedule(30.0),
        "options": {"queue": "io", "expires": 60},
    },
    "read what people should know": {
        "task": "notifications.read",
        "schedule": schedule(1.0),
        "options": {"queue": "io", "expires": 2},
    },
    "deliver notifications": {
        "task": "notifications.deliver",
        "schedule": schedule(5.0),
        "options": {"queue": "io", "expires": 10},
    },
    "look for alarms": {
        "task": "notifications.look",
        "schedule": schedule(60.0),
        "options": {"queue": "io", "expires": 60},
    },
    "forget old notifications": {
        "task": "notifications.forget",
        "schedule": crontab(hour=4, minute=11),
        "options": {"queue": "cpu"},
    },
    "look after reports": {
        "task": "reports.look",
        "schedule": schedule(30.0),
        "options": {"queue": "io", "expires": 60},
    },
}

# --- Agents ------------------------------------------------------------------------------------------------
AGENT_MODULES = environment.words("AGENT_MODULES", "coordination.bundled")
AGENT_PRIVATE_ADDRESSES = environment.flag("AGENT_PRIVATE_ADDRESSES", True)
KNOWLEDGE_PRIVATE_ADDRESSES = environment.flag("KNOWLEDGE_PRIVATE_ADDRESSES", False)
OPENAI_BASE_URL = environment.address("OPENAI_BASE_URL", ("http", "https"))
OPENAI_API_KEY = environment.words("OPENAI_API_KEY")[:1]

# --- Proof: checkpoints of the audit log ---------------------------------------------------------------------
# Its name among others that anchor or witness checkpoints, and the key that signs them, which no database holds.
AUDIT_ORIGIN = environment.name("AUDIT_ORIGIN", default="coordination")
LEDGER_SIGNING_KEY_FILE = environment.file("LEDGER_SIGNING_KEY_FILE", default=HOME / "ledger_key")
# What personal values in records are encrypted under: with an older copy of the database it would open what was erased.
AUDIT_PERSONAL_KEY_FILE = environment.file("AUDIT_PERSONAL_KEY_FILE", default=HOME / "personal_key")
# Folders that checkpoints may be written to, each organization below its own name.
AUDIT_ANCHOR_FOLDER = environment.file("AUDIT_ANCHOR_FOLDER", default=HOME / "anchors")

# --- People ------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_ADAPTER = "coordination.accounts.adapter.ClosedSignup"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
# A passkey proves who is there: it always asks for a fingerprint, a face or a PIN, and it says so for a while only.
MFA_ADAPTER = "coordination.accounts.second_factor.SecondFactor"
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Coordination"
# Addresses come from admins, not from who signs up.
MFA_ALLOW_UNVERIFIED_EMAIL = True
PASSKEY_MINUTES = environment.number("PASSKEY_MINUTES", 10)
# Single sign-on: whom the provider names and an admin has invited under the same address. It makes nobody a member.
SOCIALACCOUNT_ADAPTER = "coordination.web.single_sign_on.InvitedOnly"
SOCIALACCOUNT_PROVIDERS = environment.single_sign_on()
# The way to the provider is a link: the policy on content keeps forms from leading to other servers.
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_STORE_TOKENS = False
# So many proxies stand before this server, each adding the address it was asked from; limits of sign-ins count by it.
ALLAUTH_TRUSTED_PROXY_COUNT = environment.number("TRUSTED_PROXIES", 0)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
# Where every address that people use is HTTPS, no cookie travels without it.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = bool(CSRF_TRUSTED_ORIGINS) and all(
    origin.startswith("https://") for origin in CSRF_TRUSTED_ORIGINS
)
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# --- The HTTP API ------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    # Everything is JSON: a parameter of this name is the view's own.
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "coordination.api.authentication.TokenAuthentication",
        "coordination.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["coordination.api.permissions.MemberReads"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "coordination.api.pagination.NewestFirst",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "coordination.api.errors.problem",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "coordination",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [],
}

# --- Static files, language, logs --------------------------------------------------------------------------
STATIC_URL = "static/"
# An image collects them once (`mkdir collected && manage.py collectstatic`); a checkout serves them where they are.
COLLECTED = BASE_DIR / "collected"
STATIC_ROOT = COLLECTED if COLLECTED.is_dir() else None
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
globals().update(environment.email(HOME))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "coordination": {"level": "INFO"},
        # "ready" is worth a line; each task and each tick of the clock is not.
        "celery.apps.worker": {"level": "INFO"},
    },
}
