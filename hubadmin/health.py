"""Is it alive, and can it do its work?"""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis
from redis.exceptions import RedisError

from hubadmin.tasks import HEARTBEAT
from hubs.access import public

# Beat leaves a sign every 15 s; three missed ones mean that mail has stopped.
HEARTBEAT_TOO_OLD = 60


@public
@require_safe
@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("alive\n", content_type="text/plain")


@public
@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Database, migrations, broker and worker: each with "ok" or a reason; 503 unless all are ok."""
    checks: dict[str, Callable[[], str]] = {
        "database": _database,
        "migrations": _migrations,
        "broker": _broker,
        "worker": _worker,
    }
    answers = {name: check() for name, check in checks.items()}
    well = all(answer == "ok" for answer in answers.values())
    return JsonResponse(answers, status=200 if well else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "unreachable"
    return "ok"


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "unknown: database unreachable"
    return f"{len(waiting)} not applied" if waiting else "ok"


def _broker() -> str:
    try:
        Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1).ping()
    except RedisError:
        return "unreachable"
    return "ok"


def _worker() -> str:
    seen = cache.get(HEARTBEAT)
    if seen is None:
        return "no sign of a worker"
    age = round(time.time() - seen)
    return "ok" if age <= HEARTBEAT_TOO_OLD else f"last sign {age} seconds ago"
