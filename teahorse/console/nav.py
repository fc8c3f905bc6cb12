"""The workbench's menu and frame, made in one place from a person's rights."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

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
    selling, centre, station, house = _("Selling"), _("Centre"), _("Service point"), _("House")
    is_region = organisation.kind == Organisation.Kind.REGION_CENTRE
    pages = (
        (Right.SHIP_ORDERS, "day", _("Today"), "sun", selling),
        (Right.SHIP_ORDERS, "ship", _("To ship"), "truck", selling),
        (Right.SHIP_ORDERS, "packed", _("Packed"), "parcel", selling),
        (Right.SHIP_ORDERS if organisation.is_seller else "", "handovers", _("To carriers"), "truck", selling),
        (Right.HANDLE_CASES, "cases", _("Returns and problems"), "question", selling),
        (Right.LIST_GOODS, "goods", _("Goods"), "kinds", selling),
        (Right.LIST_GOODS, "import", _("Import"), "upload", selling),
        (Right.LIST_GOODS, "harvests", _("Harvest sales"), "sun", selling),
        (Right.TRACE if organisation.is_seller else "", "trace", _("Story of the goods"), "leaf", selling),
        (Right.TRACE if organisation.is_seller else "", "labels", pgettext("trace", "Labels"), "scan", selling),
        (Right.SEE_MONEY, "money", _("Money"), "money", selling),
        (Right.SEE_MONEY, "invoices", _("Invoices"), "print", selling),
        (Right.MANAGE_MEMBERS if organisation.is_seller else "", "dossiers", _("Credit dossiers"), "chart", selling),
        (Right.APPROVE_LISTINGS, "approvals", _("Approvals"), "check", centre),
        (Right.DESK_ORDERS, "desk", _("Order desk"), "search", centre),
        (Right.DESK_ORDERS, "late_harvests", _("Late harvests"), "clock", centre),
        (Right.DESK_ORDERS, "disputes", _("Disputes"), "question", centre),
        (Right.DESK_ORDERS if organisation.kind == Organisation.Kind.COUNTY_CENTRE else "", "runs", _("Runs"), "truck", centre),
        (Right.DESK_ORDERS if organisation.kind == Organisation.Kind.COUNTY_CENTRE else "", "departures", _("Departures"), "arrow", centre),
        (
            Right.DESK_ORDERS if organisation.kind == Organisation.Kind.COUNTY_CENTRE else "",
            "roads",
            _("Roads and passes"),
            "mountain",
            centre,
        ),
        (Right.DESK_ORDERS if organisation.kind in Organisation.CENTRES else "", "carriers", _("Carriers"), "truck", centre),
        (Right.TRACE, "recalls", _("Recalls"), "warning", selling if organisation.is_seller else centre),
        (Right.PROMOTE, "promotions", _("Promotions"), "heart", selling if organisation.is_seller else centre),
        (Right.TRACE if organisation.kind in Organisation.CENTRES else "", "flows", _("Flows"), "arrow", centre),
        (Right.SETTLE, "settle", _("Payouts"), "chart", centre),
        (Right.SETTLE if is_region else "", "transfers", _("To the bank"), "arrow", centre),
        (Right.SETTLE if organisation.kind in Organisation.CENTRES else "", "claims", _("Subsidies"), "leaf", centre),
        (Right.SETTLE if organisation.kind in Organisation.CENTRES else "", "fees", _("Fees"), "money", centre),
        (Right.SETTLE if organisation.kind in Organisation.CENTRES else "", "late_papers", _("Late invoices"), "print", centre),
        (Right.SETTLE if organisation.kind in Organisation.CENTRES else "", "unmatched", _("Unmatched money"), "question", centre),
        (Right.SETTLE if organisation.kind in Organisation.CENTRES else "", "refunds", _("Stuck refunds"), "back", centre),
        (Right.SETTLE if is_region else "", "providers", _("Payment providers"), "lock", centre),
        (Right.TRACE if is_region else "", "check_files", _("Check files"), "check", centre),
        (Right.TRACE if is_region else "", "witnesses", _("Witnesses of the log"), "people", centre),
        (Right.HANDLE_PARCELS, "parcels", _("Parcels"), "scan", station),
        (Right.HANDLE_PARCELS, "exceptions", _("Exceptions"), "warning", station),
        (Right.HANDLE_PARCELS, "point_handovers", _("To carriers"), "truck", station),
        (Right.HANDLE_PARCELS, "bags", _("Bags and cages"), "parcel", station),
        (Right.HANDLE_PARCELS if organisation.kind == Organisation.Kind.COUNTY_CENTRE else "", "drive", _("My runs"), "truck", station),
        (Right.HANDLE_PARCELS, "returns", _("Take returns in"), "back", station),
        (Right.TAKE_CASH, "cash", _("Cash"), "money", station),
        (Right.TAKE_CASH, "cash_payouts", _("Cash payouts"), "money", station),
        (Right.TAKE_CASH if organisation.kind in Organisation.GETTING_FEES else "", "fees_got", _("Fees for us"), "money", station),
        (Right.TAKE_CASH, "shifts", _("Cash shifts"), "clock", station),
        (Right.TAKE_CASH, "cash_to_bank", _("Cash to the bank"), "arrow", station),
        (Right.MANAGE_MEMBERS, "members", _("Members"), "people", house),
    )
    for right, name, label, icon, group in pages:
        if right in rights:
            yield {
                "href": reverse(f"console:{name}", kwargs={"org": organisation.key}),
                "label": label,
                "icon": icon,
                "count": counts.get(name, 0),
                "group": group,
            }
