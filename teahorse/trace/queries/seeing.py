"""Which events an organisation sees. This is the one place where that is decided."""

from uuid import UUID

from django.db.models import Q, QuerySet

from teahorse.trace.models import Retelling, TraceEvent


def seen_by(organisation_id: UUID) -> QuerySet[TraceEvent]:
    """Return the events that an organisation may read: those that it told, whoever else had told them before."""
    own, again = Q(organisation_id=organisation_id), Retelling.objects.filter(organisation_id=organisation_id)
    # asked for itself: most have told nothing again, and their pages are read off one index
    return TraceEvent.objects.filter(own | Q(pk__in=again.values("event_id")) if again.exists() else own)
