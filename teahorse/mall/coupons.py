"""What a buyer reads of promotions: vouchers to fetch and to use, and what each of them gives in words."""

from dataclasses import dataclass
from datetime import datetime

from teahorse.common.ids import short
from teahorse.common.money import yuan
from teahorse.common.translated import translated
from teahorse.mall.following import moment
from teahorse.people.models import Person
from teahorse.promotions import queries as promotions
from teahorse.promotions.models import Promotion
from teahorse.promotions.words import gives


@dataclass(frozen=True, slots=True)
class VoucherShown:
    """
    A voucher, what it gives and until when.

    ``state``: ``open``, ``held``, ``used``, ``paused``, ``over``, or nothing while it is to fetch.
    """

    key: str
    title: str
    words: str
    owner: str
    until: str
    left: str = ""
    code: str = ""
    state: str = ""


def to_fetch(*, phone: str, now: datetime) -> list[VoucherShown]:
    """Return the vouchers that are handed out now and that this phone has not."""
    return [_shown(one) for one in promotions.to_fetch(phone=phone, now=now)]


def mine(person: Person, *, now: datetime) -> list[VoucherShown]:
    """Return the vouchers of a person, those to use first."""
    phone = person.phone or "" if person.is_phone_verified else ""
    return [
        _shown(
            coupon.promotion,
            code=coupon.code,
            state=_state(coupon.promotion, now) if state == "open" else state,
        )
        for coupon, state in promotions.coupons_of(phone)
    ]


def _state(promotion: Promotion, now: datetime) -> str:
    """Return whether a voucher that she has not used can be used now."""
    if promotion.ends_at <= now:
        return "over"
    return "paused" if promotion.paused_at else "open"


def _shown(promotion: Promotion, *, code: str = "", state: str = "") -> VoucherShown:
    return VoucherShown(
        key=short(promotion.pk),
        title=translated(promotion, "title"),
        words=gives(percent_bp=promotion.percent_bp, off_fen=promotion.off_fen, threshold_fen=promotion.threshold_fen),
        owner=translated(promotion.owner, "name"),
        until=moment(promotion.ends_at),
        left="" if promotion.left_fen is None else f"¥{yuan(promotion.left_fen)}",
        code=code,
        state=state,
    )
