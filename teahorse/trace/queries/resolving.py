"""What an address on a label, or a name in an event, is about: which piece, lot, kind of goods, place or maker of ours."""

from dataclasses import dataclass, replace
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from teahorse.common.refusals import NotThere
from teahorse.people.models import Organisation
from teahorse.trace import addresses
from teahorse.trace.epcis.identifiers import NotAnEpc, identify
from teahorse.trace.gs1.digital_link import GTIN, DigitalLink
from teahorse.trace.models import Alias, Certificate, LabelCode, Lot, Site, Thing, TradeItem
from teahorse.trace.rules import key_of

LOT, SERIAL = "10", "21"
ITEM_ROWS = ("seller", "variant__product")
CODE_ROWS = ("lot__seller", *(f"lot__item__{row}" for row in ITEM_ROWS))


@dataclass(frozen=True, slots=True)
class Named:
    """What a name is about, at one level: of what is known here the finest is set, and what it belongs to."""

    uri: str
    """The name by which it was asked for, at this level."""
    maker: Organisation | None = None
    item: TradeItem | None = None
    lot: Lot | None = None
    code: LabelCode | None = None
    site: Site | None = None
    told_uri: str = ""
    """Its name in events."""


def same_things(key: UUID) -> set[UUID]:
    """Return all keys of a thing, whichever of its names this one is of."""
    found = {key}
    for alias in Alias.objects.filter(Q(thing_id=key) | Q(stands_for_id=key)):
        found |= {alias.thing_id, alias.stands_for_id}
    return found


def named_by_link(link: DigitalLink) -> list[Named]:
    """
    Return what a Digital Link is about, from the finest level to the key.

    :raises NotThere: if it is about nothing of ours, or says of a piece that it is of another lot than it is.
    """
    if link.key.ai != GTIN:
        return [_told(link)]
    item = TradeItem.objects.filter(gtin=link.key.value).select_related(*ITEM_ROWS).order_by("pk").first()
    if item is None:
        return [_told(link)]
    found = []
    for level in link.levels():
        qualifiers = {ai for ai, _value in level.qualifiers}
        code = _code(_told_uri(link, SERIAL)) if SERIAL in qualifiers else None
        told_lot = _lot(_told_uri(link, LOT)) if LOT in qualifiers else None
        lot = told_lot or (code.lot if code else None)
        if code and lot and code.lot_id != lot.pk:
            raise NotThere
        found.append(Named(level.uri(), maker=item.seller, item=item, lot=lot, code=code, told_uri=identify(level.canonical()).uri))
    return found


def _told_uri(link: DigitalLink, ai: str) -> str:
    """Return the name in events of what a key with one of its qualifiers names."""
    return identify(replace(link, qualifiers=tuple(one for one in link.qualifiers if one.ai == ai), attributes=()).canonical()).uri


def _lot(uri: str) -> Lot:
    lot = Lot.objects.filter(thing_id__in=same_things(key_of(uri))).select_related("seller", *(f"item__{row}" for row in ITEM_ROWS)).first()
    if lot is None:
        raise NotThere
    return lot


def _code(uri: str) -> LabelCode:
    code = LabelCode.objects.filter(thing_id__in=same_things(key_of(uri))).exclude(serial="").select_related(*CODE_ROWS).first()
    if code is None:
        raise NotThere
    return code


def _told(link: DigitalLink) -> Named:
    """Return a thing of which only events tell: a case of somebody's, a returnable crate."""
    try:
        uri = identify(link.canonical()).uri
    except NotAnEpc:
        raise NotThere from None
    if not Thing.objects.filter(pk__in=same_things(key_of(uri))).exists():
        raise NotThere
    return Named(link.levels()[0].uri(), told_uri=uri)


# --- Names of the house


def named_by_own(kind: str, rest: str) -> Named:
    """
    Return what one of the house's own names is about, given as it stands behind ``/id/<kind>/``.

    :raises NotThere: if there is no such thing. An order's number opens nothing here.
    """
    uri = f"{settings.TRACE_HOME}/id/{kind}/{rest}"
    first, _, second = rest.partition(".")
    match kind:
        case "class":
            item = TradeItem.objects.filter(seller__key=first, key=second).select_related(*ITEM_ROWS).first()
            named = Named(uri, maker=item.seller, item=item, told_uri=uri) if item else None
        case "lot":
            lot = _lot(uri)
            named = Named(uri, maker=lot.seller, item=lot.item, lot=lot, told_uri=uri)
        case "obj" | "case":
            code = _code(uri)
            named = Named(uri, maker=code.lot.seller, item=code.lot.item, lot=code.lot, code=code, told_uri=uri)
        case "loc":
            site = Site.objects.filter(owner__key=first, key=second).select_related("owner").first()
            named = Named(uri, maker=site.owner, site=site, told_uri=uri) if site else None
        case "party":
            party = Organisation.objects.filter(key=rest).first()
            named = Named(uri, maker=party, told_uri=uri) if party else None
        case _:
            named = None
    if named is None:
        raise NotThere
    return named


def named_by_code(code: str) -> Named:
    """
    Return what a code that the house gave out is about, asked for by its short address.

    :raises NotThere: if nobody gave it out.
    """
    known = LabelCode.objects.filter(pk=code).select_related(*CODE_ROWS).first()
    if known is None:
        raise NotThere
    uri = settings.TRACE_HOME + addresses.of_code(code)
    return Named(uri, maker=known.lot.seller, item=known.lot.item, lot=known.lot, code=known, told_uri=known.uri)


def certificates_of(lot: Lot) -> list[Certificate]:
    """Return the papers that vouch for a lot or its kind of goods and were not withdrawn, the newest first."""
    about = Q(lots=lot) | Q(items=lot.item_id)
    return list(Certificate.objects.filter(about, withdrawn_at=None).distinct().order_by("-issued_date", "pk"))
