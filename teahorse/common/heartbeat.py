"""Signs of life of the processes that no request reaches."""

from datetime import datetime, timedelta

from teahorse.common.models import Heartbeat

FRESH = timedelta(seconds=60)


def beat(*, process: str, now: datetime) -> None:
    """Write down that a process lives."""
    Heartbeat.objects.update_or_create(process=process, defaults={"beaten_at": now})


def is_alive(*, process: str, now: datetime) -> bool:
    """Return whether a process gave a sign of life within the last minute."""
    return Heartbeat.objects.filter(process=process, beaten_at__gt=now - FRESH).exists()
