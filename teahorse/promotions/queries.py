"""Questions about promotions: what is on offer for somebody, and what came of it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import get_language

from teahorse.common.statements import array, looked_up
from teahorse.people.models import Organisation
from teahorse.promotions.models import Coupon, CouponUse, Promotion
from teahorse.promotions.rules import OF_ONE_SELLER, Terms

ON_OFFER = (Path(__file__).parent / "on_offer.sql").read_text()


@dataclass(frozen=True, slots=True)
class OnOffer:
    """
    A promotion that could serve somebody: its terms, names by language, who bears it, and by which coupon it comes.

    ``typed`` is the code by which it was asked for; ``trouble`` says why it cannot be had: ``over``, ``gone``, ``limit``,
    ``phone`` (it takes a verified one), or nothing.
    """

    terms: Terms
    titles: dict[str, str]
    bearer: str
    bearer_id: UUID | None
    kind: str
    coupon_id: UUID | None
    code: str
    typed: str
    trouble: str

    @property
    def title(self) -> str:
        """Its name in the language of the moment."""
        return self.titles.get(get_language() or "") or self.titles["zh-hans"]


def on_offer(*, seller_ids: Iterable[UUID], codes: Collection[str], phone: str, now: datetime) -> list[OnOffer]:
    """
    Return the promotions that could serve who buys from these sellers; one query.

    :param codes: the codes that she named, as :func:`teahorse.promotions.rules.plain_code` writes them.
    :param phone: her verified phone; nothing where nobody knows her.
    """
    asked_for = {"at": now, "sellers": array(seller_ids), "codes": list(codes), "phone": phone}
    return [_read(_Row(*row)) for row in looked_up(ON_OFFER, asked_for)]


class _Row(NamedTuple):
    """The columns as they stand in the statement."""

    key: UUID
    stage: str
    owner_id: UUID
    scope: str
    scope_ids: list[UUID]
    percent_bp: int
    off_fen: int
    threshold_fen: int
    left_fen: int | None
    ends_at: datetime
    bearer: str
    bearer_party_id: UUID | None
    title: str
    title_bo: str | None
    title_en: str | None
    kind: str
    is_open: bool
    is_used_up: bool
    per_person: int | None
    turns: int | None
    coupon_id: UUID | None
    code: str | None
    typed: str
    is_hers: bool | None
    is_used: bool | None


def _read(row: _Row) -> OnOffer:
    titles = {"zh-hans": row.title, "bo": row.title_bo, "en": row.title_en}
    if not row.is_open:
        trouble = "over"
    elif row.coupon_id is not None and (not row.is_hers or row.is_used):
        trouble = "gone"
    elif row.is_used_up or (row.per_person is not None and row.turns is not None and row.turns >= row.per_person):
        trouble = "limit"
    else:
        trouble = "phone" if row.per_person is not None and row.turns is None else ""
    return OnOffer(
        terms=Terms(
            promotion_id=row.key,
            stage=row.stage,
            scope=row.scope,
            scope_ids=frozenset(row.scope_ids),
            percent_bp=row.percent_bp,
            off_fen=row.off_fen,
            threshold_fen=row.threshold_fen,
            seller_id=row.owner_id if row.stage in OF_ONE_SELLER else None,
            left_fen=row.left_fen,
            ends_at=row.ends_at,
        ),
        titles={language: text for language, text in titles.items() if text},
        bearer=row.bearer,
        bearer_id=row.owner_id if row.bearer == Promotion.Bearer.SELLER else row.bearer_party_id,
        kind=row.kind,
        coupon_id=row.coupon_id,
        code=row.code or "",
        typed=row.typed,
        trouble=trouble,
    )


def promotions_of(owner: Organisation) -> QuerySet[Promotion]:
    """Return what an organisation offers or offered, the newest first."""
    return Promotion.objects.filter(owner=owner).order_by("-starts_at", "-pk")


def coupons_of(phone: str) -> list[tuple[Coupon, str]]:
    """Return the vouchers of a verified phone with the state of each (``open``, ``held``, ``used``), those to use first; two queries."""
    if not phone:
        return []
    coupons = list(Coupon.objects.filter(phone=phone).select_related("promotion__owner").order_by("promotion__ends_at", "pk"))
    states = dict(CouponUse.objects.filter(coupon__in=coupons, state__in=CouponUse.OPEN).values_list("coupon_id", "state"))
    told = [(coupon, str(states.get(coupon.pk, "open"))) for coupon in coupons]
    return sorted(told, key=lambda one: one[1] != "open")


def to_fetch(*, phone: str, now: datetime) -> list[Promotion]:
    """Return the vouchers that are handed out now and that this phone has not fetched."""
    handed_out = Promotion.objects.filter(kind=Promotion.Kind.VOUCHER, paused_at=None, starts_at__lte=now, ends_at__gt=now)
    mine = Coupon.objects.filter(phone=phone).exclude(phone="").values("promotion")
    return [one for one in handed_out.exclude(pk__in=mine).select_related("owner").order_by("ends_at", "pk") if one.left_fen != 0]
