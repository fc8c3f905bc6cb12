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
    def entry(name: str, label: str, icon: str, group: str) -> dict[str, Any]:
        return {
            "href": reverse(f"console:{name}", kwargs={"org": organisation.key}),
            "label": label,
            "icon": icon,
            "count": counts.get(name, 0),
            "group": group,
        }

    selling, centre, station, house = _("Selling"), _("Centre"), _("Service point"), _("House")
    if Right.SHIP_ORDERS in rights:
        yield entry("day", _("Today"), "sun", selling)
        yield entry("ship", _("To ship"), "truck", selling)
        yield entry("packed", _("Packed"), "parcel", selling)
    if Right.LIST_GOODS in rights:
        yield entry("goods", _("Goods"), "kinds", selling)
        yield entry("import", _("Import"), "upload", selling)
        yield entry("harvests", _("Harvest sales"), "sun", selling)
    if Right.APPROVE_LISTINGS in rights:
        yield entry("approvals", _("Approvals"), "check", centre)
    if Right.DESK_ORDERS in rights:
        yield entry("desk", _("Order desk"), "search", centre)
        yield entry("late_harvests", _("Late harvests"), "clock", centre)
    if Right.HANDLE_PARCELS in rights:
        yield entry("parcels", _("Parcels"), "scan", station)
    if Right.TAKE_CASH in rights:
        yield entry("cash", _("Cash"), "money", station)
    if Right.MANAGE_MEMBERS in rights:
        yield entry("members", _("Members"), "people", house)
