"""The shortest way into the system: a code, scanned or typed."""

import re
from importlib import import_module
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from teahorse.catalog import queries as catalog
from teahorse.logistics.models import Parcel
from teahorse.mall.show import page, personal
from teahorse.mall.views.account import own_groups
from teahorse.orders.models import SellerOrder
from teahorse.trace.gs1.short_codes import read_code
from teahorse.trace.gs1.unreadable import Unreadable

LONGEST_CODE = 300
PAGES = {"product", "maker", "place", "order", "pay", "digital_link", "own_name", "code_in_capitals", "scanned", "scanned_lot"}


@personal
@require_safe
def scan(request: HttpRequest) -> HttpResponse:
    """Take a code that was scanned or typed, and go where it leads; where it leads nowhere, say what to do."""
    typed = request.GET.get("code", "").replace("\0", "").strip()[:LONGEST_CODE]
    if not typed:
        return page(request, "scan", {"typed": "", "samples": _samples() if settings.DEMO else []})
    to = address_of(request, typed)
    if to:
        return HttpResponseRedirect(to)
    found = catalog.find_by_barcode(re.sub(r"\D", "", typed)) if re.fullmatch(r"[\d \-]{6,20}", typed) else []
    if len(found) == 1:
        return HttpResponseRedirect(reverse("mall:product", args=[found[0].product_id]))
    if found:
        return page(request, "scan", {"typed": typed, "found": found})
    error = _("No goods have this number, and no order of yours. Check the digits, or log in with the phone of the order.")
    return page(request, "scan", {"typed": typed, "error": error}, status=404)


def _samples() -> list[tuple[str, str]]:
    """Return the addresses of labels to try, and what each is on in the reader's language; the demo lies above, so it is asked by name."""
    language = get_language() or "zh-hans"
    codes = import_module("teahorse.demo.queries").demo_codes()
    return [(code.address, code.label.get(language) or code.label["zh-hans"]) for code in codes]


def address_of(request: HttpRequest, typed: str) -> str:
    """Return the page of a scanned address of this mall, of a parcel's number, or of an order's number that is the visitor's."""
    parts = urlsplit(typed)
    if parts.path.startswith("/") and parts.path != "/":
        try:
            match = resolve(parts.path)
        except Resolver404:
            return ""
        if match.app_name == "mall" and match.url_name in PAGES:
            return parts.path + (f"?{parts.query}" if parts.query else "")
        return ""
    try:
        return reverse("mall:scanned", args=[read_code(typed)])
    except Unreadable:
        pass  # it is no code of a label
    number = re.sub(r"[\s\-]", "", typed).upper()
    group_id = _group_of_number(request, number, typed)
    return reverse("mall:order", args=[group_id]) if group_id else ""


def _group_of_number(request: HttpRequest, number: str, typed: str) -> UUID | None:
    own = own_groups(request).order_by()
    if re.fullmatch(r"TH\d{12}", number):
        parcels = Parcel.objects.filter(number=number).values("reference")
        return SellerOrder.objects.filter(pk__in=parcels, group__in=own).values_list("group_id", flat=True).first()
    if re.fullmatch(r"\d{14,16}", number):
        return own.filter(number=typed.strip().split("-")[0].replace(" ", "")).values_list("pk", flat=True).first()
    return None
