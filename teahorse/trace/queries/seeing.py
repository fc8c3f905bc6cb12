"""Which events an organisation sees. This is the one place where that is decided."""

from uuid import UUID

from django.db.models import QuerySet

from teahorse.trace.models import TraceEvent


def seen_by(organisation_id: UUID) -> QuerySet[TraceEvent]:
    """Return the events that an organisation may read: those that it told."""
    return TraceEvent.objects.filter(organisation_id=organisation_id)
