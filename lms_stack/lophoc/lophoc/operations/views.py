"""Health; the edge lets nobody outside ask for it."""

from functools import lru_cache

from django.core.cache import cache
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse

from lophoc.operations.request_class import request_class


@request_class("health")
def alive(_request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("song", content_type="text/plain")


@request_class("health")
def ready(_request: HttpRequest) -> HttpResponse:
    """Database and cache answer, and the database has just the migrations that this code knows."""
    faults = [fault for check in (_database, _cache) if (fault := check())]
    return JsonResponse({"ready": not faults, "faults": faults}, status=503 if faults else 200)


@lru_cache(maxsize=1)
def _known_migrations() -> frozenset[tuple[str, str]]:
    """Every migration of this code; hundreds of modules, so they are read once in a process's life."""
    return frozenset(MigrationLoader(None).disk_migrations or {})


def _database() -> str | None:
    known = _known_migrations()
    try:
        applied = set(MigrationRecorder(connection).applied_migrations())
    except Exception as error:  # noqa: BLE001 - any failure to reach the database means "not ready"
        return f"database: {type(error).__name__}"
    if missing := known - applied:
        return f"database: {len(missing)} migrations are not applied"
    rooms = {app for app, _ in known}
    if unknown := {key for key in applied - known if key[0] in rooms}:
        return f"database: {len(unknown)} migrations are of a newer version"
    return None


def _cache() -> str | None:
    try:
        cache.set("ready", 1, 10)
        return None if cache.get("ready") == 1 else "cache: forgets"
    except Exception as error:  # noqa: BLE001 - any failure to reach the cache means "not ready"
        return f"cache: {type(error).__name__}"
