"""
Taking promotions for orders, set-based: under their locks, all of a wish's or none.

The limited promotions that a batch names are read in the round trip in which the batch looks (:func:`ask_for_purse`); the
:class:`Purse` then deals out in the order of the wishes what is left; one statement writes it, at the end of the round trip in which
the batch writes, so that the row of a budget that everybody wants is locked for no longer than a commit takes. Where little is
left (:meth:`Purse.is_plenty`) the rows are locked first, in key order, and what is dealt out is exact; where it was spent meanwhile
all the same, one of the constraints says so (:data:`LIMITS`), and the batch is done again under the locks. What everybody gets is
only looked at, whether it holds. Who takes stock as well locks levels first.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.ids import new_ids
from teahorse.common.money import yuan
from teahorse.common.refusals import Refusal
from teahorse.common.statements import Rows, array, asked

COUNTED = "(kind <> 'automatic' or per_person is not null or most_uses is not null or budget_fen is not null)"
LOCK_COUNTED = f"select id from promotions_promotion where id = any(%s::uuid[]) and {COUNTED} order by id for no key update"  # noqa: S608 - of our own words
LIMITS = frozenset(
    ("never_spend_more_than_the_budget", "never_use_more_often_than_allowed", "a_person_uses_it_no_more_often", "a_coupon_is_used_once")
)
PLENTY = 10
"""Where so many times is left what a batch wants, others at the same moment will not want the rest."""
FIND_PROMOTIONS = f"""
    select wanted.id, promotion.holds is not true, promotion.is_counted is true, left_fen, left_uses, per_person
      from unnest(%(promotions)s::uuid[]) as wanted (id)
      left join lateral (
            select %(at)s::timestamptz is null or (paused_at is null and starts_at <= %(at)s and ends_at > %(at)s) as holds,
                   {COUNTED} as is_counted, budget_fen - spent_fen as left_fen, most_uses - uses as left_uses, per_person
              from promotions_promotion where id = wanted.id offset 0
           ) promotion on true
     where promotion.holds is not true or promotion.is_counted
"""  # noqa: S608 - of our own words
# not "exists": of that the planner makes a table of all coupons that were ever used
FIND_COUPONS = """
    select coupon.id, coupon.promotion_id, coupon.phone, coupon.is_single,
           (select true from promotions_couponuse use where use.coupon_id = coupon.id and use.state in ('held', 'used') limit 1) is not null
      from promotions_coupon coupon where coupon.id = any(%s::uuid[])
"""
FIND_TURNS = """
    select promotion_id, phone, turn from promotions_couponuse
     where promotion_id = any(%s::uuid[]) and phone = any(%s::text[]) and phone <> '' and state in ('held', 'used')
"""
TOTALS = "(select promotion_id, sum(amount_fen) as amount_fen, count(*) as count from {} group by promotion_id) total"
COUNT = f"""
    with wished as (
        select * from jsonb_to_recordset(%(uses)s::jsonb) as use (
            id uuid, promotion_id uuid, reference uuid, coupon_id uuid, phone text, turn int, amount_fen bigint)
    ), locked as materialized (
        select id from promotions_promotion where id = any(%(promotions)s::uuid[]) order by id for no key update
    ), counted as (
        update promotions_promotion promotion set spent_fen = spent_fen + total.amount_fen, uses = uses + total.count
          from {TOTALS.format("wished")}
         where promotion.id = total.promotion_id and promotion.id in (select id from locked)
    )
"""  # noqa: S608 - of our own words
TAKE = f"""
    {COUNT}
    insert into promotions_couponuse (id, promotion_id, reference, coupon_id, phone, turn, amount_fen, state, held_at)
    select id, promotion_id, reference, coupon_id, phone, turn, amount_fen, 'held', %(now)s::timestamptz from wished
"""  # noqa: S608 - of our own words
TAKE_AGAIN = f"""
    {COUNT}
    update promotions_couponuse use set state = 'held', turn = wished.turn, ended_at = null
      from wished
     where use.reference = wished.reference and use.promotion_id = wished.promotion_id
"""  # noqa: S608 - of our own words
LOCK_OPEN = f"""
    select id from promotions_promotion
     where id in (select promotion_id from promotions_couponuse where reference = any(%s::uuid[]) and state in ('held', 'used'))
       and {COUNTED}
     order by id
       for no key update
"""  # noqa: S608 - of our own words
RELEASE = f"""
    with freed as (
        update promotions_couponuse set state = 'released', ended_at = %(now)s::timestamptz
         where reference = any(%(references)s::uuid[]) and state in ('held', 'used')
        returning promotion_id, amount_fen
    )
    update promotions_promotion promotion set spent_fen = spent_fen - total.amount_fen, uses = uses - total.count
      from {TOTALS.format("freed")}
     where promotion.id = total.promotion_id and {COUNTED}
"""  # noqa: S608 - of our own words
KEEP = """
    update promotions_couponuse set state = 'used', ended_at = %(now)s::timestamptz
     where reference = any(%(references)s::uuid[]) and state = 'held'
"""
# a use keeps the phone only where a person may use it so often; whose the voucher was says the voucher
FIND_RELEASED = """
    select use.reference, use.promotion_id, promotion.title, use.coupon_id, coalesce(nullif(use.phone, ''), coupon.phone, ''),
           use.amount_fen
      from promotions_couponuse use
      join promotions_promotion promotion on promotion.id = use.promotion_id
      left join promotions_coupon coupon on coupon.id = use.coupon_id
     where use.reference = any(%s::uuid[]) and use.state = 'released'
     order by use.reference, use.promotion_id
"""


class PromotionOver(Refusal):
    """It ended, was paused, or has not begun."""

    code = "promotion_over"
    sentence = _("“%(title)s” does not hold any more. Look at the new total and confirm again.")


class CouponGone(Refusal):
    """The coupon is used already, or it is somebody else's."""

    code = "coupon_gone"
    sentence = _("The coupon for “%(title)s” is used already, or it is not yours. Look at the new total and confirm again.")


class BudgetSpent(Refusal):
    """Less is left of the budget than the discount takes; ``left`` in yuan."""

    code = "budget_spent"
    sentence = _("Of “%(title)s” only %(left)s yuan are left, which is not enough for this order. Look at the new total and confirm again.")


class LimitReached(Refusal):
    """It was used as often as it may be, by everybody or by this person."""

    code = "limit_reached"
    sentence = _("“%(title)s” was used as often as it may be. Look at the new total and confirm again.")


class PhoneNotVerified(Refusal):
    """It is limited for each person, and nobody knows who this is."""

    code = "phone_not_verified"
    sentence = _("“%(title)s” is given to each person so often only. Log in with your phone to have it.")


@dataclass(frozen=True, slots=True)
class Use:
    """A reference wants a promotion: so much is taken off, by which coupon, for whose verified phone; ``title`` for refusals."""

    reference: UUID
    promotion_id: UUID
    amount_fen: int
    title: str
    coupon_id: UUID | None = None
    phone: str = ""


@dataclass(slots=True)
class _Left:
    fen: int | None
    uses: int | None
    per_person: int | None


WITHOUT_END = _Left(None, None, None)


@dataclass(slots=True)
class _Coupon:
    promotion_id: UUID
    phone: str
    is_single: bool
    is_used: bool


class Purse:
    """
    What is left of some promotions, and what is dealt out of it; see :func:`ask_for_purse`.

    Of what is not limited (:attr:`Promotion.is_counted`) there is always more, and nobody writes down who had it: that stands on the
    lines of the order.
    """

    def __init__(self, found: Rows, coupons: Rows, turns: Rows) -> None:
        self._left = {key: _Left(*limits) for key, _is_over, is_counted, *limits in found if is_counted}
        self._over = {key for key, is_over, *_limits in found if is_over}
        self._coupons = {key: _Coupon(*coupon) for key, *coupon in coupons}
        self._turns: defaultdict[tuple[UUID, str], set[int]] = defaultdict(set)
        for promotion_id, phone, turn in turns:
            self._turns[promotion_id, phone].add(turn)
        self._taken: list[tuple[Use, UUID | None, str, int]] = []

    def is_plenty(self, uses: Iterable[Use]) -> bool:
        """Return whether much more is left of everything limited than these uses want."""
        wanted: defaultdict[UUID, list[int]] = defaultdict(list)
        for use in uses:
            wanted[use.promotion_id].append(use.amount_fen)
        return all(
            (left.fen is None or left.fen >= PLENTY * sum(wanted[key])) and (left.uses is None or left.uses >= PLENTY * len(wanted[key]))
            for key, left in self._left.items()
        )

    def refusal(self, uses: Iterable[Use]) -> Refusal | None:
        """Return why these uses of one reference cannot be given together; nothing where they can."""
        for use in uses:
            refusal = self._refusal(use)
            if refusal is not None:
                return refusal
        return None

    def take(self, uses: Iterable[Use]) -> None:
        """Deal these uses out; they were not refused."""
        for use in uses:
            left = self._left.get(use.promotion_id)
            if left is None:
                continue
            if left.fen is not None:
                left.fen -= use.amount_fen
            if left.uses is not None:
                left.uses -= 1
            coupon = self._coupons.get(use.coupon_id) if use.coupon_id else None
            is_single = coupon is not None and coupon.is_single
            if coupon is not None:
                coupon.is_used = coupon.is_single
            phone, turn = "", 0
            if left.per_person is not None:
                phone, turn = use.phone, self._free_turn(use, left.per_person)
                self._turns[use.promotion_id, phone].add(turn)
            self._taken.append((use, use.coupon_id if is_single else None, phone, turn))

    def write(self, *, now: datetime, is_again: bool = False) -> None:
        """
        Write down what was dealt out, in one statement; none where nothing was.

        :param is_again: these uses stand there and were released.
        """
        if not self._taken:
            return
        rows = [
            {
                "id": key,
                "promotion_id": use.promotion_id,
                "reference": use.reference,
                "coupon_id": coupon_id,
                "phone": phone,
                "turn": turn,
                "amount_fen": use.amount_fen,
            }
            for key, (use, coupon_id, phone, turn) in zip(new_ids(len(self._taken)), self._taken, strict=True)
        ]
        promotions = array({use.promotion_id for use, *_how in self._taken})
        statement = TAKE_AGAIN if is_again else TAKE
        asked(statement, {"uses": msgspec.json.encode(rows).decode(), "promotions": promotions, "now": now})

    def _refusal(self, use: Use) -> Refusal | None:
        if use.promotion_id in self._over:
            return PromotionOver(field="codes", title=use.title)
        if use.coupon_id is not None and self._is_gone(use):
            return CouponGone(field="codes", title=use.title)
        left = self._left.get(use.promotion_id, WITHOUT_END)
        if left.fen is not None and use.amount_fen > left.fen:
            return BudgetSpent(field="codes", title=use.title, left=yuan(left.fen))
        if left.per_person is not None and not use.phone:
            return PhoneNotVerified(field="codes", title=use.title)
        is_used_up = left.uses is not None and left.uses < 1
        if is_used_up or (left.per_person is not None and not self._free_turn(use, left.per_person)):
            return LimitReached(field="codes", title=use.title)
        return None

    def _is_gone(self, use: Use) -> bool:
        coupon = self._coupons.get(use.coupon_id) if use.coupon_id else None
        return coupon is None or coupon.promotion_id != use.promotion_id or coupon.phone not in {"", use.phone} or coupon.is_used

    def _free_turn(self, use: Use, per_person: int) -> int:
        taken = self._turns[use.promotion_id, use.phone]
        return next((turn for turn in range(1, per_person + 1) if turn not in taken), 0)


def ask_for_purse(uses: Sequence[Use], *, at: datetime | None, is_locked: bool = True) -> Callable[[], Purse]:
    """
    Ask what is left of the limited promotions of some uses; it is there when asked for.

    Without a use nothing is asked. Inside :func:`teahorse.common.statements.together` it travels with the rest.

    :param at: the moment at which the promotions must hold; ``None`` where that was judged when it was agreed.
    :param is_locked: whether their rows are locked, in key order and until the transaction ends, so that it stays as it is.
    """
    if not uses:
        return lambda: Purse([], [], [])
    promotion_ids = array({use.promotion_id for use in uses})
    coupon_ids, phones = {use.coupon_id for use in uses if use.coupon_id}, {use.phone for use in uses if use.phone}
    if is_locked:  # first: who waited for the lock sees what was taken meanwhile
        asked(LOCK_COUNTED, [promotion_ids])
    ask_found = asked(FIND_PROMOTIONS, {"promotions": promotion_ids, "at": at})
    ask_coupons = asked(FIND_COUPONS, [array(coupon_ids)]) if coupon_ids else list
    ask_turns = asked(FIND_TURNS, [promotion_ids, sorted(phones)]) if phones else list
    return lambda: Purse(ask_found(), ask_coupons(), ask_turns())


@transaction.atomic
def keep_uses(*, references: Collection[UUID], now: datetime) -> None:
    """Write down that what these references hold was paid for; harmless twice."""
    asked(KEEP, {"references": array(references), "now": now})


@transaction.atomic
def release_uses(*, references: Collection[UUID], now: datetime) -> None:
    """Give back what these references hold or have used - coupons, turns and budget; harmless twice."""
    keys = array(references)
    asked(LOCK_OPEN, [keys])
    asked(RELEASE, {"references": keys, "now": now})


@transaction.atomic
def take_again(*, references: Collection[UUID], now: datetime) -> bool:
    """
    Take again what these references had released, all or none: money came after all, at the price that was agreed.

    That a promotion has ended since does not matter, that it is used up does.
    """
    with connection.cursor() as cursor:
        cursor.execute(FIND_RELEASED, [list(references)])
        rows = cursor.fetchall()
    uses = [Use(reference, promotion, fen, title, coupon, phone) for reference, promotion, title, coupon, phone, fen in rows]
    purse = ask_for_purse(uses, at=None)()
    if purse.refusal(uses) is not None:
        return False
    purse.take(uses)
    purse.write(now=now, is_again=True)
    return True
