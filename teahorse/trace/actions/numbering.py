"""A maker who gets a GS1 company prefix gives her goods their numbers; what was named before goes on being known by its old name."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from teahorse.common.refusals import Malformed, NotThere, Refusal
from teahorse.people.models import Organisation
from teahorse.trace import naming
from teahorse.trace.gs1.keys import gtin14, is_restricted
from teahorse.trace.gs1.unreadable import Unreadable
from teahorse.trace.models import Alias, Lot, TradeItem
from teahorse.trace.rules import key_of

BATCH = 1000


class NumberIsAnothers(Refusal):
    """Another kind of goods has this GTIN."""

    code = "number_is_anothers"
    sentence = gettext_lazy("Other goods have the number %(gtin)s. A GTIN names one kind of goods.")


class HasItsNumber(Refusal):
    """The item has a GTIN, and things are named by it."""

    code = "has_its_number"
    sentence = gettext_lazy("These goods have the number %(gtin)s already, and labels carry it. It stays.")


@transaction.atomic
def give_gtin(*, seller: Organisation, item_id: UUID, number: str, now: datetime) -> TradeItem:
    """
    Give a kind of goods its GTIN; new lots are named by it, the lots that stand are known by both names. Harmless twice.

    :raises NotThere: if this seller has no such goods.
    :raises Malformed: at ``gtin``, if it is none, its check digit is wrong, or it is good at one till or in one region only.
    :raises NumberIsAnothers: :raises HasItsNumber: Nothing is changed in any of these.
    """
    gtin = _checked(number)
    item = TradeItem.objects.select_for_update(of=("self",)).select_related("seller").filter(pk=item_id, seller=seller).first()
    if item is None:
        raise NotThere(field="item")
    if item.gtin == gtin:
        return item
    if item.gtin:
        raise HasItsNumber(field="gtin", gtin=item.gtin)
    _alone()
    if TradeItem.objects.filter(gtin=gtin).exists():
        raise NumberIsAnothers(field="gtin", gtin=gtin)
    item.gtin = gtin
    item.save(update_fields=["gtin"])
    aliases = [_alias(item, lot, now) for lot in Lot.objects.filter(item=item).only("pk", "number", "uri", "thing_id", "county_id")]
    Alias.objects.bulk_create(aliases, batch_size=BATCH, ignore_conflicts=True)
    return item


def _checked(number: str) -> str:
    plain = "".join(number.split()).replace("-", "")
    try:
        gtin = gtin14(plain)
    except Unreadable as error:
        reasons = {"incorrect_check_digit": _("The last digit does not fit the others. Compare the number with your certificate of GS1.")}
        raise Malformed(field="gtin", reason=reasons.get(error.code) or _("Write the 8, 12, 13 or 14 digits of the number.")) from error
    if is_restricted(gtin):
        raise Malformed(field="gtin", reason=_("Numbers that begin with 02, 04 or 20 to 29 are good at one till only, not on labels."))
    return gtin


def _alone() -> None:
    """Be the only one, until the transaction ends, who gives numbers: two sellers of two counties may type the same."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('trace: numbers of goods'))")


def _alias(item: TradeItem, lot: Lot, now: datetime) -> Alias:
    uri = naming.lot_uri(item, lot.number)
    return Alias(county_id=lot.county_id, thing_id=lot.thing_id, stands_for_id=key_of(uri), uri=lot.uri, since_at=now)
