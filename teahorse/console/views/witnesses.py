"""Who looks at the house's log and cosigns it, and whose logs the house looks at: for the region's staff."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from teahorse.common.refusals import Malformed, NotThere
from teahorse.console.access import Acting, acts
from teahorse.console.nav import page
from teahorse.people.models import Organisation, Right
from teahorse.trace import actions
from teahorse.trace.actions.signing import signer_of_house, witness_of_house
from teahorse.trace.queries.witnessing import looked_at

FIELDS = ("witness_key", "address", "log_key", "origin")


@acts(Right.TRACE, "GET", "POST", kinds=(Organisation.Kind.REGION_CENTRE,))
def witnesses(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List both; one form names a neighbour who looks on, the other a log to look at."""
    typed, refusal = {field: request.POST.get(field, "").strip()[:400] for field in FIELDS}, None
    if request.method == "POST":
        try:
            _add(typed, acting, is_log="log_key" in request.POST)
        except Malformed as error:
            refusal = error
        else:
            messages.success(request, _("It is done with the next checkpoint."))
            return redirect("console:witnesses", org=acting.organisation.key)
    given = {
        "looked_at": looked_at(),
        "log_key": signer_of_house().verifier.written(),
        "witness_key": witness_of_house().verifier.written(),
        "typed": typed,
        "errors": {refusal.field: refusal} if refusal else {},
    }
    return page(request, acting, "witnesses.html", given, status=422 if refusal else 200)


def _add(typed: dict[str, str], acting: Acting, *, is_log: bool) -> None:
    if is_log:
        actions.look_at_log(key=typed["log_key"], origin=typed["origin"], by=acting.person, now=timezone.now())
    else:
        actions.ask_witness(key=typed["witness_key"], address=typed["address"], by=acting.person, now=timezone.now())


@acts(Right.TRACE, "POST", kinds=(Organisation.Kind.REGION_CENTRE,), back="console:witnesses")
def leave_witness(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Ask one no more."""
    actions.leave_witness(witness_id=_key(request, "witness"), now=timezone.now())
    messages.success(request, _("It is asked no more."))
    return redirect("console:witnesses", org=acting.organisation.key)


@acts(Right.TRACE, "POST", kinds=(Organisation.Kind.REGION_CENTRE,), back="console:witnesses")
def leave_log(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Cosign one no more."""
    actions.leave_log(log_id=_key(request, "log"), now=timezone.now())
    messages.success(request, _("It is cosigned no more. What was cosigned is not forgotten."))
    return redirect("console:witnesses", org=acting.organisation.key)


def _key(request: HttpRequest, field: str) -> UUID:
    try:
        return UUID(request.POST.get(field, ""))
    except ValueError:
        raise NotThere from None
