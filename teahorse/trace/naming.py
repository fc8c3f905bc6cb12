"""
What things are called in events: a GS1 Digital Link where the maker has a company prefix, else a web address of the house.

The addresses are names that never change (CBV 2.0, section 8.2: HTTP URLs as user vocabulary): ``/id/class/<seller>.<item>``,
``/id/lot/<seller>.<item>.<lot>``, ``/id/obj/<seller>.<item>.<serial>``, ``/id/case/<seller>.<serial>``, ``/id/loc/<owner>.<site>``,
``/id/area/<code>``, ``/id/party/<organisation>``, ``/id/bt/<what>/<number>``. ``TRACE_HOME`` stands before them.
"""

from typing import Final
from urllib.parse import quote

from django.conf import settings

from teahorse.people.models import Organisation
from teahorse.trace.models import Lot, Site, TradeItem

GS1: Final = "https://id.gs1.org"


def _own(kind: str, *parts: str) -> str:
    return f"{settings.TRACE_HOME}/id/{kind}/" + ".".join(quote(part, safe="") for part in parts)


def item_uri(item: TradeItem) -> str:
    """Return the name of a kind of goods."""
    return f"{GS1}/01/{item.gtin}" if item.gtin else _own("class", item.seller.key, item.key)


def lot_uri(item: TradeItem, number: str) -> str:
    """Return the name of a lot of a kind of goods, by its number."""
    return f"{GS1}/01/{item.gtin}/10/{quote(number, safe='')}" if item.gtin else _own("lot", item.seller.key, item.key, number)


def piece_uri(lot: Lot, serial: str) -> str:
    """Return the name of one piece of a lot."""
    item = lot.item
    return f"{GS1}/01/{item.gtin}/21/{quote(serial, safe='')}" if item.gtin else _own("obj", item.seller.key, item.key, serial)


def case_uri(seller: Organisation, number: str) -> str:
    """Return the name of a case of a seller's goods: one of the house, because a number of GS1 for cases needs another of its keys."""
    return _own("case", seller.key, number)


def site_uri(site: Site) -> str:
    """Return the name of a place."""
    return _own("loc", site.owner.key, site.key)


def area_uri(code: str) -> str:
    """Return the name of an area by its official code: what lies in it is asked for by it."""
    return _own("area", code)


def party_uri(organisation: Organisation) -> str:
    """Return the name of an organisation."""
    return _own("party", organisation.key)


def transaction_uri(what: str, number: str) -> str:
    """Return the name of a business transaction: an order, a certificate, a weigh note."""
    return f"{settings.TRACE_HOME}/id/bt/{quote(what, safe='')}/{quote(number, safe='')}"


def vocabulary_uri(word: str = "") -> str:
    """Return the address of a word that the house has defined for events, or what stands before all of them."""
    return f"{settings.TRACE_HOME}/voc/{word}"
