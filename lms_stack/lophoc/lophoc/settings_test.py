"""Settings for the tests: an SQLite database and a cache in memory, no service needed."""

import os

os.environ.setdefault("LOPHOC_SECRET_KEY", "only-for-tests")
os.environ.setdefault("LOPHOC_MEDIA_SECRET", "only-for-tests")
os.environ.setdefault("LOPHOC_DATABASE_URL", "sqlite://:memory:")

from lophoc.settings import *  # noqa: F403 - Django's way to vary settings

ALLOWED_HOSTS = ["testserver"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
SECURE_SSL_REDIRECT = False
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
# The tests of sign-in switch these on; the others sign people in without a request and a second factor.
REQUIRE_MFA = AXES_ENABLED = False
SILENCED_SYSTEM_CHECKS = ["axes.W001"]  # the cache in memory is of one process, as the tests are
