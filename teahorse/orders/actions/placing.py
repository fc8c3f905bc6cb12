"""
Placing orders, set-based.

Many wishes are placed in two round trips, whatever their number. The first looks, without a lock: what is left of the offers
and of the promotions that the quotes hold, what was placed before, and the prices that the quotes are compared with. The second writes
groups, seller orders and lines (:mod:`.drafting`), announces them, and only then counts: it promises the units
(:mod:`teahorse.stock.actions.promising`) and takes the promotions (:mod:`teahorse.promotions.actions.taking`), each under locks in
key order, and is committed in the same go. So whoever wants the same goods or the same budget waits for no more than that.

Where not much is left of anything the batch wants, it looks again under the locks, and what it deals out is exact. Where somebody else
took it meanwhile all the same, a constraint says so, and the batch is done again in turn: under the locks from its beginning.

Each wish is placed whole or refused whole; what is left is dealt out in the order of the wishes; those that are paid on delivery
come after the others, each by itself, so that nobody waits for what is asked for them. The web asks through
:mod:`teahorse.orders.dispatch`, which gathers what waits at the same moment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from teahorse.catalog.models import Product
from teahorse.common.events import announce
from teahorse.common.money import yuan
from teahorse.common.refusals import Refusal
from teahorse.common.statements import array, asked, broken_constraint, by_index, together
from teahorse.orders import on_delivery
from teahorse.orders.actions.agreeing import agree
from teahorse.orders.actions.drafting import Draft, Wish, write
from teahorse.orders.events import OrdersPlaced
from teahorse.orders.models import OrderGroup
from teahorse.orders.quoting import NotSold, SoldOut
from teahorse.people.models import Person
from teahorse.promotions import actions as promotions
from teahorse.stock import actions as stock

FIND_PLACED = """
    select idempotency_key, request_digest, id, number, expires_at from orders_ordergroup where idempotency_key = any(%s::uuid[])
"""
FIND_OFFERS = """
    select offer.id, price.price_fen, offer.is_active and product.published_at is not null and product.withdrawn_at is null, product.title,
           product.return_rule, sale.id, sale.state = 'open' and sale.opens_at <= %s and sale.closes_at > %s
      from catalog_offer offer
      join lateral catalog_price_at(offer.id, offer.price_fen, offer.list_price_fen, %s) price on true
      join catalog_variant variant on variant.id = offer.variant_id
      join catalog_product product on product.id = variant.product_id
      left join orders_harvestsale sale on sale.offer_id = offer.id and sale.settled_at is null
     where offer.id = any(%s::uuid[])
"""

MEANWHILE = stock.LIMITS | promotions.LIMITS | {"orders_ordergroup_idempotency_key_key"}
"""The constraints that say that somebody else was quicker."""

Facts = dict[UUID, tuple[int, bool, str, str]]
"""Of an offer its price, whether it is sold, its title, and its rule for returns."""
Sales = dict[UUID, tuple[UUID, bool]]
"""Of an offer that is sold before its harvest that sale, and whether it is open now."""


class PriceChanged(Refusal):
    """A price is not what the quote said; nothing was ordered."""

    code = "price_changed"
    sentence = _("The price of “%(title)s” has changed from %(quoted)s to %(price)s yuan. Look at the new total and confirm again.")


class SaleChanged(Refusal):
    """It is sold before its harvest now, or not any more, or on other terms than the quote said; nothing was ordered."""

    code = "sale_changed"
    sentence = _("“%(title)s” is sold on other terms now. Look at them and confirm again.")


class KeyUsedForAnother(Refusal):
    """The same key came with another wish."""

    code = "key_used_for_another"
    sentence = _("This order was already placed with other contents. Look at your orders before you order again.")


class ReturnNotConfirmed(Refusal):
    """The law asks for an explicit step before such goods lose the right of return."""

    code = "return_not_confirmed"
    sentence = _("“%(title)s” cannot be given back without a reason. Tick that you know it, or take it out, and order again.")


@dataclass(frozen=True, slots=True)
class Placed:
    """A wish became this order group, to be paid before ``expires_at``; ``is_new`` is False when it already was one."""

    group_id: UUID
    number: str
    expires_at: datetime
    is_new: bool = True


def place_orders(*, wishes: Sequence[Wish], now: datetime) -> list[Placed | Refusal]:
    """
    Place wishes in their order; the answers stand in the same order.

    A wish whose key was placed before is answered with the old group (or :class:`KeyUsedForAnother`); a changed price,
    a withdrawn offer, a shortage or a promotion that is not to be had any more refuses that wish alone (:class:`PriceChanged`,
    ``NotSold``, ``SoldOut``, ``PromotionOver``, ``CouponGone``, ``BudgetSpent``, ``LimitReached``, ``PhoneNotVerified``). One that
    is to be paid on delivery is agreed with it, or refused for one of the reasons in :mod:`teahorse.orders.on_delivery`.

    :raises django.db.DatabaseError: if others place the same key again and again at this very moment; nothing was placed.
    """
    if not any(wish.is_paid_on_delivery for wish in wishes):
        return _place_all(wishes, now)
    at_once = {index: wish for index, wish in enumerate(wishes) if not wish.is_paid_on_delivery}
    answers = dict(zip(at_once, _place_all(list(at_once.values()), now), strict=True))
    answers |= {index: _place_on_delivery(wish, now) for index, wish in enumerate(wishes) if index not in at_once}
    return [answers[index] for index in range(len(wishes))]


def _place_all(wishes: Sequence[Wish], now: datetime) -> list[Placed | Refusal]:
    if not wishes:
        return []
    try:
        return _place_orders(wishes, now, is_in_turn=False)
    except IntegrityError as error:
        if broken_constraint(error) not in MEANWHILE:
            raise
        return _place_orders(wishes, now, is_in_turn=True)


@transaction.atomic
def _place_on_delivery(wish: Wish, now: datetime) -> Placed | Refusal:
    """Place a wish and agree to be paid on delivery, both or neither; one that was placed before is not asked about again."""
    if wish.person_id is not None:  # two orders of hers, placed at once, count each other
        Person.objects.select_for_update(no_key=True).filter(pk=wish.person_id).first()
    if not OrderGroup.objects.filter(idempotency_key=wish.key).exists():
        refusal = on_delivery.why_not(quote=wish.quote, person_id=wish.person_id, phone=wish.verified_phone, now=now)
        if refusal is not None:
            return refusal
    [answer] = _place_all([wish], now)
    if isinstance(answer, Placed) and answer.is_new:
        agree(group_id=answer.group_id, now=now)
    return answer


@transaction.atomic
def _place_orders(wishes: Sequence[Wish], now: datetime, *, is_in_turn: bool) -> list[Placed | Refusal]:
    """Place wishes; ``is_in_turn``: whoever wants the same goods or promotions waits from the beginning."""
    drafts = [Draft(wish) for wish in wishes]
    seen = _look(drafts, now=now, is_in_turn=is_in_turn)
    if not is_in_turn and not seen.is_plenty(drafts):
        seen = _look(drafts, now=now, is_in_turn=True)
    answers = [seen.answer(wish) for wish in wishes]
    twins = _twins(wishes)
    fresh = {index: draft for index, draft in enumerate(drafts) if answers[index] is None and index not in twins}
    until = now + timedelta(minutes=settings.RESERVATION_MINUTES)
    dealing = _Dealing(seen.purse, fresh.values())
    demands = [demand for draft in fresh.values() for demand in draft.demands]
    shares = stock.share_out(levels=seen.levels, demands=demands, may=dealing.may)
    kept = {index: draft for index, draft in fresh.items() if draft.group_id not in {*shares.shortages, *dealing.refused}}
    with together(are_last=True):
        ask_numbers = write(list(kept.values()), now=now, until=until)
        if kept:
            announce(OrdersPlaced(group_ids=tuple(draft.group_id for draft in kept.values())))
        stock.promise(shares=shares, until=until)  # last: what many want is locked from here on
        dealing.purse.write(now=now)
    numbers: dict[UUID, str] = dict(ask_numbers())
    for index, draft in fresh.items():
        if index in kept:
            answers[index] = Placed(draft.group_id, numbers[draft.group_id], until)
        elif draft.group_id in dealing.refused:
            answers[index] = dealing.refused[draft.group_id]
        else:
            answers[index] = _sold_out(shares.shortages[draft.group_id][0], seen.facts)
    for index, first in twins.items():
        answers[index] = _as_the_first(answers[first], is_same=wishes[index].digest == wishes[first].digest)
    return [answer for answer in answers if answer is not None]


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the house knows of what some wishes ask for."""

    levels: stock.Levels
    purse: promotions.Purse
    placed: dict[UUID, tuple[str, UUID, str, datetime]]
    facts: Facts
    sales: Sales

    def is_plenty(self, drafts: Sequence[Draft]) -> bool:
        """Return whether so much is left of everything that nobody need wait for anybody."""
        demands = [demand for draft in drafts for demand in draft.demands]
        return stock.is_plenty(self.levels, demands) and self.purse.is_plenty([use for draft in drafts for use in draft.uses])

    def answer(self, wish: Wish) -> Placed | Refusal | None:
        """Return what became of a wish before, or why it is refused; nothing where it can be placed if all is there."""
        return _as_placed(wish, self.placed.get(wish.key)) or _changed(wish, self.facts) or _sold_otherwise(wish, self.facts, self.sales)


def _look(drafts: Sequence[Draft], *, now: datetime, is_in_turn: bool) -> _Seen:
    offers = {demand.offer_id for draft in drafts for demand in draft.demands}
    uses = [use for draft in drafts for use in draft.uses]
    with together():
        by_index()
        ask_levels = stock.ask_for_levels(offers, is_locked=is_in_turn)  # first: who waited for the lock sees what was placed meanwhile
        ask_purse = promotions.ask_for_purse(uses, at=now, is_locked=is_in_turn)
        ask_placed = asked(FIND_PLACED, [array(draft.wish.key for draft in drafts)])
        ask_facts = asked(FIND_OFFERS, [now, now, now, array(offers)])
    found = ask_facts()
    return _Seen(
        levels=ask_levels(),
        purse=ask_purse(),
        placed={row[0]: row[1:] for row in ask_placed()},
        facts={offer_id: (price, is_sold, title, rule) for offer_id, price, is_sold, title, rule, *_sale in found},
        sales={offer_id: (sale_id, is_selling) for offer_id, *_facts, sale_id, is_selling in found if sale_id is not None},
    )


class _Dealing:
    """Deals promotions out to the wishes whose units are there, in their order; ``refused`` says why others get none."""

    def __init__(self, purse: promotions.Purse, drafts: Iterable[Draft]) -> None:
        self.purse = purse
        self.refused: dict[UUID, Refusal] = {}
        self._uses = {draft.group_id: draft.uses for draft in drafts if draft.uses}

    def may(self, group_id: UUID) -> bool:
        """Take the promotions of a wish, all or none; return whether it has them."""
        uses = self._uses.get(group_id)
        if not uses:
            return True
        refusal = self.purse.refusal(uses)
        if refusal is not None:
            self.refused[group_id] = refusal
            return False
        self.purse.take(uses)
        return True


def _twins(wishes: Sequence[Wish]) -> dict[int, int]:
    """Return, for each wish whose key stands earlier in the same batch, where it stands first."""
    first: dict[UUID, int] = {}
    return {index: first[wish.key] for index, wish in enumerate(wishes) if first.setdefault(wish.key, index) != index}


def _as_the_first(answer: Placed | Refusal | None, *, is_same: bool) -> Placed | Refusal | None:
    if not is_same:
        return KeyUsedForAnother(field="key")
    return replace(answer, is_new=False) if isinstance(answer, Placed) else answer


def _as_placed(wish: Wish, row: tuple[str, UUID, str, datetime] | None) -> Placed | Refusal | None:
    if row is None:
        return None
    digest, group_id, number, expires_at = row
    return Placed(group_id, number, expires_at, is_new=False) if digest == wish.digest else KeyUsedForAnother(field="key")


def _sold_out(short: stock.Shortage, facts: Facts) -> SoldOut:
    title = facts[short.offer_id][2]
    return SoldOut(field=f"lines.{short.offer_id}.quantity", title=title, available=short.available, wanted=short.wanted)


def _changed(wish: Wish, facts: Facts) -> Refusal | None:
    for part in wish.quote.orders:
        for line in part.lines:
            price, is_sold, title, rule = facts.get(line.offer_id, (0, False, "?", ""))
            if not is_sold:
                return NotSold(field=f"lines.{line.offer_id}", title=title)
            if price != line.price_fen:
                return PriceChanged(field=f"lines.{line.offer_id}", title=title, quoted=yuan(line.price_fen), price=yuan(price))
            if rule == Product.ReturnRule.CONFIRMED and not wish.is_no_return_confirmed:
                return ReturnNotConfirmed(field="no_return", title=title)
    return None


def _sold_otherwise(wish: Wish, facts: Facts, sales: Sales) -> Refusal | None:
    for part in wish.quote.orders:
        for line in part.lines:
            sale_id, is_selling = sales.get(line.offer_id, (None, True))
            if sale_id != part.harvest_sale_id or not is_selling:
                return SaleChanged(field=f"lines.{line.offer_id}", title=facts[line.offer_id][2])
    return None
