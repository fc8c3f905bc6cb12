"""Checking a credit dossier by its code: for a banker who has never been here, without an account."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from teahorse.common.refusals import Refusal
from teahorse.common.visitors import client_address
from teahorse.dossiers import actions, paper, rules
from teahorse.dossiers.models import Dossier
from teahorse.mall.show import page, personal


@personal
@require_safe
def look_up(request: HttpRequest) -> HttpResponse:
    """Show where a code is typed, and go on to what it opens."""
    typed = request.GET.get("code", "")[:60]
    code = rules.normal_code(typed)
    if code:
        return redirect("mall:verify", code)
    error = _("The code has 20 letters and digits; it stands under the square code on the first page.") if typed else ""
    return page(request, "verify", {"typed": typed, "error": error}, status=422 if error else 200)


@personal
@require_safe
def verify(request: HttpRequest, verify_code: str) -> HttpResponse:
    """Show the frozen figures of a valid dossier; of an expired or withdrawn one only that; of any other code nothing."""
    now, address = timezone.now(), client_address(request)
    try:
        dossier = actions.look_up(code=verify_code, address=address)
    except Refusal as refusal:
        return page(request, "verify", {"typed": verify_code[:60], "error": str(refusal)}, status=refusal.status)
    if request.method == "GET":
        actions.note_view(dossier=dossier, address=address, agent=request.headers.get("User-Agent", ""), now=now)
    if request.GET.get("form") == "json":
        return _as_json(dossier, is_shown=dossier.standing(now) == "valid")
    return page(request, "verified", _shown(dossier, standing=dossier.standing(now)))


def _as_json(dossier: Dossier, *, is_shown: bool) -> HttpResponse:
    """Answer the very bytes that the digest is of."""
    if not is_shown:
        return HttpResponse(b"{}", content_type="application/json", status=410)
    return HttpResponse(rules.canonical(dossier.figures or {}), content_type="application/json; charset=utf-8")


def _shown(dossier: Dossier, *, standing: str) -> dict[str, Any]:
    context = {"dossier": dossier, "standing": standing, "code": rules.spaced_code(dossier.code)}
    if standing != "valid":
        return context
    figures: dict[str, Any] = dossier.figures or {}
    return {
        **context,
        "figures": figures,
        "is_whole": rules.digest_of(figures) == dossier.digest,
        "digest": dossier.digest,
        "rows": [
            (_("Net sales"), paper.money(figures["net_fen"])),
            (_("Sales"), paper.money(figures["sold_fen"])),
            (_("Paid back"), paper.money(figures["returned_fen"])),
            (_("Returns rate"), paper.share(figures["returned_share"])),
            (_("Orders"), f"{figures['orders']:,}"),
            (_("Buyers (of them more than once)"), f"{figures['buyers']:,} ({figures['buyers_again']:,})"),
            (_("Average order"), paper.money(figures["average_fen"])),
            (_("Sent within 48 hours"), paper.share(figures["shipped_in_time_share"])),
        ],
        "months": [
            (row["month"], row["orders"], row["buyers"], *(paper.money(row[name]) for name in ("sold_fen", "returned_fen", "net_fen")))
            for row in figures["months"]
        ],
        "season": [(place + 1, paper.share(part)) for place, part in enumerate(figures["season_shares"])],
        "goods": [(row["name"], row["units"], paper.money(row["amount_fen"]), paper.share(row["share"])) for row in figures["goods"]],
    }
