"""Which links a thing of the story has: its page, its goods, its papers, the events about it."""

from collections.abc import Sequence
from urllib.parse import quote

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from teahorse.catalog.models import Product
from teahorse.common.ids import short
from teahorse.people.models import Organisation
from teahorse.trace import addresses
from teahorse.trace.linkset import Anchor, Link
from teahorse.trace.models import Certificate
from teahorse.trace.queries.resolving import Named, certificates_of

HTML, JSON_LD = "text/html", "application/ld+json"
LANGUAGES = ("zh", "bo", "en")
"""In which every page of the house speaks."""


def anchors_of(found: Sequence[Named]) -> list[Anchor]:
    """Return things with their links, in their order."""
    return [_anchor(named) for named in found]


def _anchor(named: Named) -> Anchor:
    story, goods = _story(named), _goods(named)
    links = []
    if story:
        links += [_page("traceability", story, _("The way of these goods")), _page("recallStatus", f"{story}#recall", _("Recalls"))]
        links += [_paper(one, story) for one in certificates_of(named.lot)] if named.lot else []
    if goods:
        links.append(_page("pip", goods, _("About these goods")))
    if maker := _maker(named):
        links.append(_page("homepage", maker, _("Who makes it")))
    if named.told_uri:
        links.append(_events(named.told_uri))
    title, page = (_("The way of these goods"), story) if story else (_("About it"), goods or _maker(named))
    return Anchor(named.uri, _described(named), Link("defaultLink", page or f"{named.uri}?linkType=linkset", title), tuple(links))


def _page(type_name: str, href: str, title: str) -> Link:
    return Link(type_name, href, title, languages=LANGUAGES, media_type=HTML)


def _paper(certificate: Certificate, story: str) -> Link:
    title = f"{certificate.issuer} {certificate.number}"
    return Link("certificationInfo", f"{story}#certificate-{short(certificate.pk)}", title, media_type=HTML)


def _events(uri: str) -> Link:
    href = f"{settings.TRACE_HOME}/epcis/events?MATCH_anyEPC={quote(uri, safe='')}"
    return Link("epcis", href, _("The events, for programs with a token"), media_type=JSON_LD)


def _story(named: Named) -> str:
    if named.code:
        return settings.TRACE_HOME + addresses.of_code(named.code.code)
    return settings.TRACE_HOME + addresses.of_lot(named.lot.pk) if named.lot else ""


def _goods(named: Named) -> str:
    product: Product | None = named.item.variant.product if named.item and named.item.variant else None
    if product is None or product.published_at is None or product.withdrawn_at is not None:
        return ""
    return settings.TRACE_HOME + reverse("mall:product", args=[product.pk])


def _maker(named: Named) -> str:
    maker = named.maker
    if maker is None or maker.kind not in Organisation.SELLERS or maker.left_at is not None:
        return ""
    return settings.TRACE_HOME + reverse("mall:maker", args=[maker.key])


def _described(named: Named) -> str:
    """Return what it is, in a few words; a place is not told here, for its owner says how exactly it is shown."""
    parts = [named.item.name if named.item else "", named.lot.number if named.lot else "", named.maker.name if named.maker else ""]
    return " · ".join(part for part in parts if part) or _("A thing of which events tell")
