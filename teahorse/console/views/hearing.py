"""What others say of a seller's lot, and whether she says that it is true."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from teahorse.common.refusals import NotThere
from teahorse.console.access import Acting, acts
from teahorse.people.models import Organisation, Right
from teahorse.trace import actions
from teahorse.trace.models import Lot
from teahorse.trace.queries.hearsay import Said, said_of
from teahorse.trace.words import amount_words, step_words

PARTS: dict[str, str | Promise] = {
    "object": pgettext_lazy("hearsay", "spoken of"),
    "input": pgettext_lazy("hearsay", "used up"),
    "output": pgettext_lazy("hearsay", "made"),
    "parent": pgettext_lazy("hearsay", "as a box"),
    "child": pgettext_lazy("hearsay", "in a box"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that another one says, in words."""

    said: Said
    step: str
    amounts: Sequence[str]


def rows_of(lot: Lot) -> list[Row]:
    """Return what others say of a lot, in words."""
    return [Row(said, step_words(said.step) if said.step else "", [_amount(*one) for one in said.amounts]) for said in said_of(lot)]


def _amount(role: str, quantity: object, unit: str) -> str:
    part = str(PARTS.get(role, role))
    return f"{part}: {amount_words(quantity, unit)}" if quantity is not None else part  # type: ignore[arg-type]  # a Decimal where it is one


@acts(Right.TRACE, "POST", kinds=Organisation.SELLERS)
def hearsay(request: HttpRequest, acting: Acting, hearsay_id: UUID) -> HttpResponse:
    """Take what another one told of a lot as true, or not."""
    try:
        decided = actions.decide_hearsay(
            hearsay_id=hearsay_id, seller=acting.organisation, is_true="is_true" in request.POST, by=acting.person, now=acting.now
        )
    except NotThere as refusal:
        raise Http404 from refusal
    messages.success(request, _("It counts now.") if decided.is_true else _("It does not count."))
    return redirect("console:lot", org=acting.organisation.key, lot_id=decided.lot_id)
