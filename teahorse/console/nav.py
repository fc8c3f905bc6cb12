"""The workbench's menu and frame, made in one place from a person's rights."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from teahorse.console import waiting
from teahorse.console.access import Acting, Context
from teahorse.console.words import named
from teahorse.people.models import Organisation, Right


def page(request: HttpRequest, acting: Acting, template: str, context: Context | None = None, *, status: int = 200) -> HttpResponse:
    """Answer with a page of the workbench in its frame."""
    frame = {
        "acting": acting,
        "organisation": acting.organisation,
        "nav": _standing_at(request.path, nav_of(acting)),
        "organisations": [
            {"id": place.key, "name": named(place), "is_chosen": place.pk == acting.organisation.pk} for place in acting.places
        ],
    }
    return render(request, f"console/{template}", {**frame, **(context or {})}, status=status)


def _standing_at(path: str, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mark the entry of the page: the one with the longest address that the page's begins with."""
    here = max((entry["href"] for entry in entries if path.startswith(entry["href"])), key=len, default="")
    return [{**entry, "is_here": entry["href"] == here} for entry in entries]


def nav_of(acting: Acting) -> list[dict[str, Any]]:
    """Return the menu of the organisation that she acts for, with what waits."""
    return list(_entries(acting.organisation, acting.rights, waiting.counts(acting)))


def _entries(organisation: Organisation, rights: frozenset[str], counts: dict[str, int]) -> Iterator[dict[str, Any]]:
    for right, group, pages in _menu(organisation):
        for name, label, icon in pages if right in rights else ():
            yield {
                "href": reverse(f"console:{name}", kwargs={"org": organisation.key}),
                "label": label,
                "icon": icon,
                "count": counts.get(name, 0),
                "group": group,
            }


def _menu(organisation: Organisation) -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    """Return what each right opens: the group it stands in, and its pages by name, words and icon."""
    selling, centre, station, house = _("Selling"), _("Centre"), _("Service point"), _("House")
    own = selling if organisation.kind in Organisation.SELLERS else centre
    return [
        (Right.SHIP_ORDERS, selling, [("day", _("Today"), "sun"), ("ship", _("To ship"), "truck"), ("packed", _("Packed"), "parcel")]),
        (Right.HANDLE_CASES, selling, [("cases", _("Returns and problems"), "question")]),
        (Right.LIST_GOODS, selling, [("goods", _("Goods"), "kinds"), ("import", _("Import"), "upload")]),
        (Right.PROMOTE, own, [("promotions", _("Promotions"), "heart")]),
        (Right.APPROVE_LISTINGS, centre, [("approvals", _("Approvals"), "check")]),
        (Right.DESK_ORDERS, centre, [("desk", _("Order desk"), "search"), ("disputes", _("Disputes"), "question")]),
        (Right.HANDLE_PARCELS, station, [("parcels", _("Parcels"), "scan"), ("returns", _("Take returns in"), "parcel")]),
        (Right.TAKE_CASH, station, [("cash", _("Cash"), "money")]),
        (Right.MANAGE_MEMBERS, house, [("members", _("Members"), "people")]),
    ]
