"""Questions about dossiers, and the figures that go into one; nothing is changed."""

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import msgspec
from django.db import connection
from django.db.models import QuerySet

from teahorse.common.times import HOME
from teahorse.dossiers import rules
from teahorse.dossiers.models import Dossier, DossierPaper, DossierView
from teahorse.people.models import Organisation

FIGURES = (Path(__file__).parent / "figures.sql").read_text()
VERSION = 2
"""Of the definitions beside the figures; a changed definition is another version."""


def dossiers_of(organisation: Organisation) -> QuerySet[Dossier]:
    """Return a seller's dossiers, the newest first, without their figures."""
    return Dossier.objects.filter(organisation=organisation).defer("figures", "consent").order_by("-signed_at", "-pk")


def dossier_by_code(text: str) -> Dossier | None:
    """Return the made dossier of a code, however it was typed; whether it may be shown its ``standing`` says."""
    code = rules.normal_code(text)
    if not code:
        return None
    return Dossier.objects.filter(code=code, state=Dossier.State.MADE).select_related("organisation").first()


def views_of(dossier: Dossier) -> QuerySet[DossierView]:
    """Return who looked at a dossier, the last first."""
    return DossierView.objects.filter(dossier=dossier).order_by("-at", "-pk")


def paper_of(dossier: Dossier) -> bytes | None:
    """Return the printed form of a made dossier."""
    paper = DossierPaper.objects.filter(dossier=dossier).first()
    return bytes(paper.content) if paper else None


def figures_of(*, seller: Organisation, first_date: date, until: datetime) -> dict[str, Any]:
    """
    Return a seller's verified sales from a day on up to a moment; what each figure means says ``figures.sql``.

    Only sums, counts, shares in basis points and the names of goods: nothing of any buyer. Whole fen and whole numbers.
    """
    first_at = datetime.combine(first_date, time.min, tzinfo=HOME)
    values: dict[str, Any] = {
        "seller_id": seller.pk,
        "first_at": first_at,
        "until_at": until,
        "zone": HOME.key,
        "hours": rules.SHIPPED_WITHIN_HOURS,
        "top": rules.TOP_GOODS,
    }
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, values)
        found: dict[str, Any] = msgspec.json.decode(cursor.fetchone()[0])
    return _put_together(found, seller=seller, first_date=first_date, until=until)


def _put_together(found: dict[str, Any], *, seller: Organisation, first_date: date, until: datetime) -> dict[str, Any]:
    last_date = until.astimezone(HOME).date()
    by_month = {row["month"]: row for row in found["months"]}
    months = [_month(month, by_month.get(month)) for month in rules.months_between(first_date, last_date)]
    sold_fen, returned_fen = (sum(row[name] for row in months) for name in ("sold_fen", "returned_fen"))
    names = seller.i18n or {}
    return {
        "version": VERSION,
        "seller": {
            "name": seller.name,
            "name_bo": names.get("name_bo", ""),
            "area": seller.area.name,
            "area_code": seller.area.code,
            "joined_date": f"{seller.joined_at.astimezone(HOME):%Y-%m-%d}",
            "first_sale_date": found["first_sale_at"] or "",
        },
        "first_date": f"{first_date:%Y-%m-%d}",
        "last_date": f"{last_date:%Y-%m-%d}",
        "counted_until": until.astimezone(HOME).isoformat(timespec="seconds"),
        "months": months,
        "sold_fen": sold_fen,
        "returned_fen": returned_fen,
        "net_fen": sold_fen - returned_fen,
        "orders": found["orders"],
        "buyers": found["buyers"],
        "buyers_again": found["buyers_again"],
        "average_fen": sold_fen // found["orders"] if found["orders"] else 0,
        "orders_returned": found["orders_returned"],
        "returned_share": rules.share_of(returned_fen, sold_fen),
        "shipped": found["shipped"],
        "shipped_in_time": found["shipped_in_time"],
        "shipped_in_time_share": rules.share_of(found["shipped_in_time"], found["shipped"]),
        "season_shares": rules.seasonality({row["month"]: row["sold_fen"] for row in months}),
        "goods": [
            {
                "name": _named(goods["titles"], "zh-hans"),
                "name_bo": (goods["titles"] or {}).get("bo", ""),
                "amount_fen": goods["amount_fen"],
                "units": goods["units"],
                "orders": goods["orders"],
                "share": rules.share_of(goods["amount_fen"], found["goods_fen"]),
            }
            for goods in found["goods"]
        ],
    }


def _month(month: str, row: dict[str, Any] | None) -> dict[str, Any]:
    counted = {name: (row or {}).get(name, 0) for name in ("orders", "buyers", "sold_fen", "returned_fen")}
    return {"month": month, **counted, "net_fen": counted["sold_fen"] - counted["returned_fen"]}


def _named(titles: dict[str, str] | None, language: str) -> str:
    return (titles or {}).get(language) or next(iter((titles or {}).values()), "—")


def window(*, months: int, now: datetime) -> tuple[date, date]:
    """Return the first and last day of the last so many calendar months, this one up to today."""
    today = now.astimezone(HOME).date()
    return rules.first_day(today, months=months), today


def hour_of(now: datetime) -> datetime:
    """Return the hour in which a moment lies."""
    return now - timedelta(minutes=now.minute, seconds=now.second, microseconds=now.microsecond)
