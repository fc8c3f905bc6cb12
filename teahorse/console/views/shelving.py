"""From a lot to units on the shelf of the mall."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.catalog.models import Variant
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.typed import form_key
from teahorse.console.access import Acting, acts
from teahorse.console.keys import keys_of
from teahorse.people.models import Organisation, Right
from teahorse.trace import actions
from teahorse.trace.models import Lot


@acts(Right.TRACE, "POST", kinds=Organisation.SELLERS)
def shelve(request: HttpRequest, acting: Acting, lot_id: UUID) -> HttpResponse:
    """Put units of a lot on the shelf; the first time it says which of her goods the lot becomes."""
    lot = Lot.objects.filter(pk=lot_id, seller=acting.organisation).select_related("item").first()
    if lot is None:
        raise Http404
    try:
        with transaction.atomic():
            _put(request, acting, lot)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("They are on the shelf; the mall sells them."))
    return redirect("console:lot", org=acting.organisation.key, lot_id=lot.pk)


def _put(request: HttpRequest, acting: Acting, lot: Lot) -> None:
    if lot.item.variant_id is None:
        keys = keys_of(request.POST.getlist("variant"))
        variant = Variant.objects.select_related("product").filter(pk__in=keys, product__seller=acting.organisation).first()
        if variant is None:
            raise Malformed(field="variant", reason=_("Choose which of your goods the lot becomes."))
        actions.sell_as(item=lot.item, variant=variant)
        lot.item.refresh_from_db()
    units = request.POST.get("units", "").strip()
    if not units.isdecimal() or len(units) > 6:
        raise Malformed(field="units", reason=_("Write how many units in digits."))
    actions.shelve(lot=lot, units=int(units), by=acting.person, now=acting.now, reference=form_key(request.POST.get("form_key", "")))
