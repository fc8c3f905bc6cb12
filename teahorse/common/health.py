"""Whether the process is alive and the house ready to serve."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from teahorse.common.heartbeat import is_alive


def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view
    """Answer 200 as long as this process serves requests."""
    return HttpResponse("alive\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - a view
    """Answer 200 when database, migrations and worker are in order, else 503 with what is not."""
    checks = {"database": False, "migrations": False, "worker": False}
    try:
        executor = MigrationExecutor(connection)
        checks["database"] = True
        checks["migrations"] = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        checks["worker"] = checks["migrations"] and is_alive(process="worker", now=timezone.now())
    except DatabaseError:
        pass
    answer = JsonResponse(checks, status=200 if all(checks.values()) else 503)
    answer._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 - being asked before one is ready is no error
    return answer
