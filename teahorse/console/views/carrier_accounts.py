"""Whose contract with which carrier parcels go by. A typed key is never shown again."""

from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from teahorse.carriers import actions
from teahorse.carriers.models import CarrierAccount
from teahorse.carriers.providers import CARRIERS, TRACKERS, keys_module
from teahorse.common.refusals import Refusal
from teahorse.console.access import Acting, Context, acts
from teahorse.console.key_form import key_rows, seller_typed, values_typed
from teahorse.console.nav import page
from teahorse.logistics.carriers import name_of
from teahorse.people import queries as people
from teahorse.people.models import Organisation, Person, Right

REGION = (Organisation.Kind.REGION_CENTRE,)
KEPT_AT = (*sorted(CARRIERS), *sorted(TRACKERS - CARRIERS))


@acts(Right.SETTLE, kinds=REGION)
def accounts(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show every account of the house and of the region's sellers, those that live first."""
    rows = list(_accounts(acting))
    who = Person.objects.in_bulk({key for row in rows for key in (row.changed_by_id, row.ended_by_id) if key})
    context = {
        "carriers": [(code, name_of(code), code in CARRIERS) for code in KEPT_AT],
        "rows": [{"it": row, "kept_by": who.get(row.changed_by_id), "ended_by": who.get(row.ended_by_id)} for row in rows],
    }
    return page(request, acting, "carrier_accounts.html", context)


@sensitive_post_parameters()
@acts(Right.SETTLE, "GET", "POST", kinds=REGION)
def new(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Keep an account: the house's or a seller's; the one before it ends."""
    carrier = request.GET.get("carrier", "")
    if carrier not in KEPT_AT:
        raise Http404(carrier)
    if request.method == "GET":
        return page(request, acting, "carrier_account_new.html", _form(carrier, {"organisation": request.GET.get("of", "")[:60]}))
    try:
        actions.keep_account(
            organisation=seller_typed(request, acting),
            carrier=carrier,
            values=values_typed(request, keys_module(carrier).FIELDS),
            by=acting.person,
            now=acting.now,
        )
    except Refusal as refusal:
        return page(request, acting, "carrier_account_new.html", _form(carrier, request.POST, refusal), status=refusal.status)
    messages.success(request, _("The account is kept. Its keys are sealed."))
    return redirect("console:carrier_accounts", org=acting.organisation.key)


@acts(Right.SETTLE, "POST", back="console:carrier_accounts", kinds=REGION)
def end(request: HttpRequest, acting: Acting, carrier_account_id: UUID) -> HttpResponse:
    """Let nothing new go by an account."""
    found = _accounts(acting).filter(pk=carrier_account_id).first()
    if found is None:
        raise Http404
    actions.end_account(account=found, by=acting.person, now=acting.now)
    messages.success(request, _("The account has ended. What went by it is still followed."))
    return redirect("console:carrier_accounts", org=acting.organisation.key)


def _accounts(acting: Acting) -> QuerySet[CarrierAccount]:
    """Return the accounts of the house and of the organisations over which she has the right; no key is read."""
    hers = people.organisations_where(person=acting.person, right=Right.SETTLE, now=acting.now)
    found = CarrierAccount.objects.filter(Q(organisation=None) | Q(organisation__in=hers)).select_related("organisation")
    return found.defer("sealed_keys").order_by("-is_active", "carrier", "organisation__key", "-since_at", "pk")


def _form(carrier: str, typed: Mapping[str, str], refusal: Refusal | None = None) -> Context:
    return {
        **key_rows(keys_module(carrier).FIELDS, typed, refusal),
        "carrier": carrier,
        "typed": {"organisation": typed.get("organisation", "")},
    }
