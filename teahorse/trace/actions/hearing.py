"""What others say of a seller's lot: she decides whether it is true."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from teahorse.common.refusals import NotThere
from teahorse.people.models import Organisation, Person
from teahorse.trace.models import Hearsay


@transaction.atomic
def decide_hearsay(*, hearsay_id: UUID, seller: Organisation, is_true: bool, by: Person, now: datetime) -> Hearsay:
    """
    Say whether what another one told of a lot is true: only then it counts. She may think otherwise later.

    :raises NotThere: if it is not of one of the seller's lots.
    """
    found = Hearsay.objects.select_for_update(of=("self",)).filter(pk=hearsay_id, lot__seller=seller).select_related("lot").first()
    if found is None:
        raise NotThere
    found.is_true, found.decided_at, found.decided_by = is_true, now, by
    found.save(update_fields=["is_true", "decided_at", "decided_by"])
    return found
