"""
Booking what happened to orders' money.

Every reaction comes here with the orders that it heard of. Their ``Sale`` rows are locked, what the apps below know is
read, and whatever of it is not in the books yet is booked. So a fact that is told twice, late, or in another order changes nothing.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import OperationalError, transaction

from teahorse.common.collecting import uncollected
from teahorse.common.ids import new_id
from teahorse.common.side_by_side import MOST, side_by_side
from teahorse.ledger import actions as ledger
from teahorse.ledger import queries as books
from teahorse.ledger.rules import Account, Entry, lines
from teahorse.settlement import accounts, rules
from teahorse.settlement.actions.reconciling import forget_unbookable, write_down_unbookable
from teahorse.settlement.actions.writing import (
    Crossed,
    LockedSale,
    NewEarning,
    NewFee,
    insert,
    lock_sales,
    open_sales,
    update_shares,
    write_sales,
)
from teahorse.settlement.facts import (
    FORGOTTEN_AFTER,
    Centres,
    Part,
    RefundFact,
    SaleFacts,
    centres,
    facts_of,
    forgotten,
    orders_of_payments,
    orders_of_refunds,
    strays_of,
)
from teahorse.settlement.models import Earning, FeeLine, FeeReversal, FeeRule, SubsidyLine

log = logging.getLogger(__name__)

BATCH = 4000
SALE, MATURING = Earning.Kind.SALE.value, Earning.State.MATURING.value
LOOKS_BACK = timedelta(days=30)


def book_payments(*, payment_ids: Collection[UUID], now: datetime) -> None:
    """Book money that came in: for orders, or as unexplained where it pays for none that is kept."""
    book_sales(order_ids=orders_of_payments(payment_ids), now=now)
    _book_strays(payment_ids, now=now)


def book_refunds(*, refund_ids: Collection[UUID], now: datetime) -> None:
    """Book money that is to go back, and that arrived."""
    order_ids, stray_payments = orders_of_refunds(refund_ids)
    book_sales(order_ids=order_ids, now=now)
    _book_strays(stray_payments, now=now)


def book_sales(*, order_ids: Iterable[UUID], now: datetime) -> int:
    """
    Book everything that is known of orders' money and not booked; return how many entries were new. Harmless twice.

    An order that cannot be booked stops no other: it is written down as a difference, with why, and tried again by the clock.
    """
    keys = sorted(set(order_ids), key=lambda key: key.int)
    return sum(side_by_side(lambda batch: _booked(batch, now), [keys[start : start + BATCH] for start in range(0, len(keys), BATCH)]))


def _booked(keys: list[UUID], now: datetime) -> int:
    """Book a batch; where it fails, each half of it apart, down to the order that is to blame."""
    try:
        booked = _book(keys, now)
    except OperationalError:
        raise  # a lock, a connection: not the orders' fault, the job is done again
    except Exception as error:
        if len(keys) > 1:
            middle = len(keys) // 2
            return _booked(keys[:middle], now) + _booked(keys[middle:], now)
        log.exception("order %s cannot be booked", keys[0])
        write_down_unbookable(order_id=keys[0], trouble=f"{type(error).__name__}: {error}", now=now)
        return 0
    forget_unbookable(order_ids=keys, now=now)
    return booked


def book_forgotten(*, now: datetime, since: datetime | None = None) -> int:
    """
    Book facts whose reaction did not come through, two minutes old or more; return how many entries were new.

    Looks thirty days back, or since a time: the clock does the last hour every minute and all of it every hour.
    """
    window = {"since": since or now - LOOKS_BACK, "until": now - FORGOTTEN_AFTER}
    booked = 0
    while rows := forgotten(**window, limit=MOST * BATCH):
        orders = {order for *_, order in rows if order}
        orders.update(orders_of_payments({payment for payment, *_ in rows if payment}))
        refunded, strays = orders_of_refunds({refund for _, refund, _ in rows if refund})
        written = book_sales(order_ids=orders | refunded, now=now)
        written += _book_strays(strays | {payment for payment, *_ in rows if payment}, now=now)
        if not written:
            break  # what cannot be booked is the reconciler's to show, not ours to try for ever
        booked += written
    return booked


def _book(keys: list[UUID], now: datetime) -> int:
    while keys:
        try:
            return _book_once(keys, now)
        except Crossed:
            continue  # what somebody else has opened meanwhile is there now, to be locked
    return 0


@uncollected()
@transaction.atomic
def _book_once(keys: list[UUID], now: datetime) -> int:
    locked = lock_sales(keys)
    facts = facts_of(keys)
    written = {sale.pk for sale in locked}
    new = [_opened(one) for key, one in facts.items() if key not in written]
    # nothing is booked of a sale that was never opened
    booking = _Booking(now, _known(facts[key] for key in written))
    booking.read_shares([sale for sale in locked if sale.frozen_at is not None and not booking.is_settled(facts[sale.pk], sale)])
    for sale in (*locked, *sorted(new, key=lambda sale: sale.pk.int)):
        booking.add(sale, facts[sale.pk])
    return booking.write()


def _opened(facts: SaleFacts) -> LockedSale:
    """Return the sale of an order of which nothing is booked yet."""
    return LockedSale(facts.order_id, facts.county_id, facts.seller_id, facts.number, 0, 0, 0, 0, 0, 0, 0, None, None, is_new=True)


def _known(facts: Iterable[SaleFacts]) -> set[tuple[str, UUID]]:
    """Return which facts of payments and refunds are booked; those of the order itself stand in its sale."""
    wanted: list[tuple[str, UUID]] = []
    for one in facts:
        wanted += [(accounts.PAYMENT_TAKEN, part.id) for part in one.parts]
        for refund in one.refunds:
            wanted += [(accounts.REFUND_DECIDED, refund.id), (accounts.REFUND_ARRIVED, refund.id)]
    return books.booked(wanted)


@dataclass
class _Booking:
    """What one transaction will write about its locked sales."""

    now: datetime
    known: set[tuple[str, UUID]]
    entries: list[Entry] = field(default_factory=list)
    opened: list[LockedSale] = field(default_factory=list)
    changed: list[LockedSale] = field(default_factory=list)
    fees: dict[UUID, list[FeeLine | NewFee]] = field(default_factory=lambda: defaultdict(list))
    subsidies: dict[UUID, list[SubsidyLine]] = field(default_factory=lambda: defaultdict(list))
    new_fees: list[NewFee] = field(default_factory=list)
    new_subsidies: list[SubsidyLine] = field(default_factory=list)
    moved_shares: dict[UUID, FeeLine | NewFee | SubsidyLine] = field(default_factory=dict)
    reversals: list[FeeReversal] = field(default_factory=list)
    earnings: list[NewEarning] = field(default_factory=list)
    earned: dict[UUID, Earning | NewEarning] = field(default_factory=dict)
    fee_rules: list[rules.Rule] | None = None
    holding: dict[tuple[object, ...], list[rules.Rule]] = field(default_factory=dict)
    centres: Centres | None = None
    sellers: dict[tuple[str, int], Account] = field(default_factory=dict)
    getting: dict[tuple[int, UUID | None], dict[str, UUID | None]] = field(default_factory=dict)

    def is_settled(self, facts: SaleFacts, sale: LockedSale) -> bool:
        """Whether nothing more is to be divided: no refund waits, nothing more was paid, and it is closed as it is below."""
        is_counted = sum(part.amount_fen for part in facts.counted) == sale.paid_fen
        return (
            is_counted
            and (sale.closed_at is not None or facts.closed_at is None)
            and all((accounts.REFUND_DECIDED, refund.id) in self.known for refund in facts.refunds)
        )

    def read_shares(self, sales: list[LockedSale]) -> None:
        """Read how sales that were frozen earlier are divided, and lock what their sellers earned by them."""
        keys = [sale.pk for sale in sales]
        if not keys:
            return
        for fee in FeeLine.objects.filter(sale__in=keys).order_by("pk"):
            self.fees[fee.sale_id].append(fee)
        for subsidy in SubsidyLine.objects.filter(sale__in=keys).order_by("pk"):
            self.subsidies[subsidy.sale_id].append(subsidy)
        closed = [sale.pk for sale in sales if sale.closed_at is not None]
        earned = Earning.objects.select_for_update().filter(order_id__in=closed, kind=Earning.Kind.SALE).order_by("pk")
        self.earned.update((earning.order_id, earning) for earning in earned if earning.order_id)

    def add(self, sale: LockedSale, facts: SaleFacts) -> None:
        """Book what is new about one sale, in the order in which it happened."""
        before = sale.standing
        for part in facts.parts:
            if sale.is_new or (accounts.PAYMENT_TAKEN, part.id) not in self.known:
                self._take(sale, part)
        counted = facts.counted
        self._count(sale, facts, counted)
        steps: list[tuple[datetime, int, RefundFact | None]] = [
            (refund.decided_at, 0, refund) for refund in facts.refunds if (accounts.REFUND_DECIDED, refund.id) not in self.known
        ]
        if facts.closed_at is not None and sale.closed_at is None and sale.frozen_at is not None:
            steps.append((facts.closed_at, 1, None))
        if len(steps) > 1:
            steps.sort(key=lambda step: step[:2])
        for at, _, refund in steps:
            if refund is None:
                self._close(sale, at)
            else:
                is_of_sale = refund.split_id in {part.id for part in counted}
                self._decide(sale, refund, is_of_sale=is_of_sale, freight_fen=facts.freight_fen)
        if facts.refunds:
            self._arrivals(sale, facts)
        if sale.is_new:
            self.opened.append(sale)
        elif sale.standing != before:
            self.changed.append(sale)

    def _arrivals(self, sale: LockedSale, facts: SaleFacts) -> None:
        by_id = {part.id: part for part in facts.parts}
        for refund in facts.refunds:
            if refund.arrived_at is not None and (accounts.REFUND_ARRIVED, refund.id) not in self.known:
                self._arrive(by_id[refund.split_id], refund, refund.arrived_at, sale.number)

    def _entry(self, kind: str, source_id: UUID, at: datetime, memo: str, *wanted: tuple[Account, int]) -> None:
        if posted := lines(*wanted):
            self.entries.append(Entry(kind, source_id, at, posted, memo))

    def _seller(self, sale: LockedSale, purpose: str) -> Account:
        key = (purpose, sale.seller_id.int)
        if key not in self.sellers:
            self.sellers[key] = accounts.of_seller(purpose, sale.seller_id, sale.county_id)
        return self.sellers[key]

    def _take(self, sale: LockedSale, part: Part) -> None:
        sale.held_fen += part.amount_fen
        box = accounts.at_provider(part.provider, part.collector_id)
        held = self._seller(sale, "held")
        self._entry(accounts.PAYMENT_TAKEN, part.id, part.taken_at, sale.number, (box, part.amount_fen), (held, -part.amount_fen))

    def _count(self, sale: LockedSale, facts: SaleFacts, counted: Sequence[Part]) -> None:
        """Freeze a sale that is paid; what is paid later because it weighs more is the seller's whole."""
        paid_fen = sum(part.amount_fen for part in counted)
        paying = facts.paying
        if sale.frozen_at is None:
            if paying is not None and facts.paid_at is not None and not facts.is_waiting:
                self._freeze(sale, facts, paying, paid_fen)
        elif paid_fen > sale.paid_fen:
            more_fen, sale.paid_fen = paid_fen - sale.paid_fen, paid_fen
            if sale.closed_at is not None:
                self._earn_more(sale, next(part for part in reversed(counted) if part.is_balance), more_fen)

    def _earn_more(self, sale: LockedSale, part: Part, fen: int) -> None:
        """Hand on what was paid for a sale after its end."""
        sale.held_fen -= fen
        earned = self.earned.get(sale.pk)
        is_maturing = earned is not None and earned.state == Earning.State.MATURING
        purpose = "earned" if is_maturing else "payable"
        pair = ((self._seller(sale, "held"), fen), (self._seller(sale, purpose), -fen))
        self._entry(accounts.BALANCE_EARNED, part.id, part.taken_at, sale.number, *pair)
        self.earnings.append(
            NewEarning(
                id=new_id(),
                county_id=sale.county_id,
                seller_id=sale.seller_id,
                kind=Earning.Kind.ADJUSTMENT.value,
                source_id=part.id,
                order_id=sale.pk,
                amount_fen=fen,
                state=(Earning.State.MATURING if is_maturing else Earning.State.PAYABLE).value,
                earned_at=part.taken_at,
                matures_at=earned.matures_at if earned is not None and is_maturing else part.taken_at,
            )
        )

    def _freeze(self, sale: LockedSale, facts: SaleFacts, paying: Part, paid_fen: int) -> None:
        """Let fees and discounts stand from now on, at the rates of the day of placing."""
        sale.frozen_at, sale.paid_fen = facts.paid_at, paid_fen
        if facts.subsidies or facts.freight_subsidy_fen:
            self._grant(sale, facts)
        deal = self._deal(facts, paying, sale.paid_fen + sale.subsidy_fen)
        asked = deal.asked
        if asked not in self.holding:
            self.holding[asked] = rules.winners(self._rules(), deal)
        frozen = [
            NewFee(new_id(), sale.pk, fee.kind, fee.rule_id, fee.beneficiary_id, fee.amount_fen, fee.reason)
            for fee in rules.fees(self.holding[asked], deal)
        ]
        self.fees[sale.pk] = list(frozen)
        self.new_fees += frozen
        sale.fees_fen = sum([fee.amount_fen for fee in frozen])

    def _grant(self, sale: LockedSale, facts: SaleFacts) -> None:
        """Let stand what others bear of the discounts and of the freight."""
        granted = [(SubsidyLine.Kind.DISCOUNT.value, bearer, fen) for bearer, fen in facts.subsidies if fen]
        if facts.freight_subsidy_fen:
            granted.append((SubsidyLine.Kind.FREIGHT.value, facts.freight_payer_id, facts.freight_subsidy_fen))
        if not granted:
            return
        sale.subsidy_fen = sum(fen for *_, fen in granted)
        for kind, bearer, fen in granted:
            self.new_subsidies.append(SubsidyLine(id=new_id(), sale_id=sale.pk, kind=kind, bearer_id=bearer, amount_fen=fen))
        self.subsidies[sale.pk] = self.new_subsidies[len(self.new_subsidies) - len(granted) :]
        sale.held_fen += sale.subsidy_fen
        parts = [(accounts.subsidy(bearer), fen) for _, bearer, fen in granted]
        at = facts.paid_at or self.now
        self._entry(accounts.DISCOUNTS_GRANTED, sale.pk, at, sale.number, *parts, (self._seller(sale, "held"), -sale.subsidy_fen))

    def _rules(self) -> list[rules.Rule]:
        if self.fee_rules is None:
            self.fee_rules = fee_rules()
        return self.fee_rules

    def _beneficiaries(self, facts: SaleFacts) -> dict[str, UUID | None]:
        key = (facts.county_id.int, facts.pickup_owner_id)
        if key in self.getting:
            return self.getting[key]
        if self.centres is None:
            self.centres = centres()
        beneficiaries: dict[str, UUID | None] = {
            FeeRule.Beneficiary.PLATFORM: self.centres.platform_of(facts.county_id),
            FeeRule.Beneficiary.PROVIDER: None,
        }
        if facts.county_id in self.centres.counties:
            beneficiaries[FeeRule.Beneficiary.CENTRE] = self.centres.counties[facts.county_id]
        if facts.pickup_owner_id is not None:
            beneficiaries[FeeRule.Beneficiary.PICKUP] = facts.pickup_owner_id
        self.getting[key] = beneficiaries
        return beneficiaries

    def _deal(self, facts: SaleFacts, paying: Part, total_fen: int) -> rules.Deal:
        return rules.Deal(
            seller=facts.seller_id,
            county=facts.county_id,
            seller_kind=facts.seller_kind,
            provider=paying.provider,
            pickup_level=facts.pickup_level,
            day=rules.day_of(facts.placed_at),
            goods_fen=max(0, total_fen - facts.freight_fen - facts.freight_subsidy_fen),
            total_fen=total_fen,
            weight_grams=facts.weight_grams,
            beneficiaries=self._beneficiaries(facts),
            freight_cost_fen=facts.freight_cost_fen,
        )

    def _decide(self, sale: LockedSale, refund: RefundFact, *, is_of_sale: bool, freight_fen: int) -> None:
        """Book a decided refund, out of what has not gone back; the buyer had paid so much for sending."""
        back = (accounts.GOING_BACK, -refund.amount_fen)
        if not (is_of_sale and sale.frozen_at is not None):
            # money that never paid for the order, or only begun to, goes back as it came
            sale.held_fen -= refund.amount_fen
            held = (self._seller(sale, "held"), refund.amount_fen)
            self._entry(accounts.REFUND_DECIDED, refund.id, refund.decided_at, sale.number, held, back)
            return
        fees, subsidies = self.fees[sale.pk], self.subsidies[sale.pk]
        given = dict(refund.given_back) if refund.given_back is not None else None
        divided = rules.reversal(
            refund_fen=refund.amount_fen,
            paid_left_fen=sale.paid_fen - sale.refunded_fen,
            subsidies_left=[subsidy.left_fen for subsidy in subsidies],
            fees_left=[fee.left_fen for fee in fees],
            given_back=[given.get(subsidy.bearer_id, 0) for subsidy in subsidies] if given is not None else None,
            sending=self._sending(sale, refund, fees, subsidies, freight_fen),
        )
        returned = []
        for subsidy, fen in zip(subsidies, divided.subsidies_fen, strict=True):
            self._turn(subsidy, fen)
            returned.append((accounts.subsidy(subsidy.bearer_id), -fen))
        taken_back = []
        for fee, fen in zip(fees, divided.fees_fen, strict=True):
            self._turn(fee, fen)
            taken_back.append((accounts.fees(fee.kind, fee.beneficiary_id), fen))
            if fen:
                self.reversals.append(FeeReversal(id=new_id(), fee_id=fee.pk, refund_id=refund.id, amount_fen=fen))
        sale.refunded_fen += refund.amount_fen
        sale.subsidy_back_fen += sum(divided.subsidies_fen)
        sale.fees_back_fen += sum(divided.fees_fen)
        whole = refund.amount_fen + sum(divided.subsidies_fen)
        if sale.closed_at is None:
            sale.held_fen -= whole
            bearing = [(self._seller(sale, "held"), whole)]
        else:
            purpose = self._owe(sale, refund, divided.seller_fen)
            bearing = [(self._seller(sale, purpose), divided.seller_fen), *taken_back]
        self._entry(accounts.REFUND_DECIDED, refund.id, refund.decided_at, sale.number, *bearing, back, *returned)

    def _sending(
        self, sale: LockedSale, refund: RefundFact, fees: Sequence[FeeLine | NewFee], subsidies: Sequence[SubsidyLine], freight_fen: int
    ) -> rules.Sending | None:
        """
        Say what a refund takes back of what was paid for sending.

        What an order's end before it was sent gives back takes its part of everything, and so does the last of what was paid.
        Else it stays with who carried, unless the case says that the freight goes back too.
        """
        is_last = refund.freight_back is None and refund.amount_fen == sale.paid_fen - sale.refunded_fen
        if refund.reference == sale.pk or is_last:
            return None
        return rules.Sending(
            [subsidy.kind == SubsidyLine.Kind.FREIGHT for subsidy in subsidies],
            [fee.kind == FeeRule.Kind.FREIGHT for fee in fees],
            freight_fen,
            refund.freight_back or (0, 1),
        )

    def _turn(self, share: FeeLine | NewFee | SubsidyLine, fen: int) -> None:
        if fen:
            share.reversed_fen += fen
            self.moved_shares[share.pk] = share

    def _owe(self, sale: LockedSale, refund: RefundFact, fen: int) -> str:
        """Let the seller owe her part of a refund after closing, where her earning stands; return the purpose of that account."""
        earned = self.earned.get(sale.pk)
        is_maturing = earned is not None and earned.state == Earning.State.MATURING
        if fen:
            self.earnings.append(
                NewEarning(
                    id=new_id(),
                    county_id=sale.county_id,
                    seller_id=sale.seller_id,
                    kind=Earning.Kind.REVERSAL.value,
                    source_id=refund.id,
                    order_id=sale.pk,
                    amount_fen=-fen,
                    state=(Earning.State.MATURING if is_maturing else Earning.State.PAYABLE).value,
                    earned_at=refund.decided_at,
                    matures_at=earned.matures_at if earned is not None and is_maturing else refund.decided_at,
                )
            )
        return "earned" if is_maturing else "payable"

    def _close(self, sale: LockedSale, at: datetime) -> None:
        """Hand out what is left of a sale when the buyer has her goods: fees to those who get them, the rest is earned."""
        sale.closed_at = at
        left = sale.left_fen
        if left == 0 and sale.fees_fen == sale.fees_back_fen:
            return
        sale.held_fen -= left
        net = left - (sale.fees_fen - sale.fees_back_fen)
        fees = [(accounts.fees(fee.kind, fee.beneficiary_id), -fee.left_fen) for fee in self.fees[sale.pk]]
        parts = ((self._seller(sale, "held"), left), *fees, (self._seller(sale, "earned"), -net))
        self._entry(accounts.ORDER_CLOSED, sale.pk, at, sale.number, *parts)
        earning = NewEarning(
            id=new_id(),
            county_id=sale.county_id,
            seller_id=sale.seller_id,
            kind=SALE,
            source_id=sale.pk,
            order_id=sale.pk,
            amount_fen=net,
            state=MATURING,
            earned_at=at,
            matures_at=rules.matures_at(at),
        )
        if net:
            self.earnings.append(earning)
        self.earned[sale.pk] = earning

    def _arrive(self, part: Part, refund: RefundFact, at: datetime, memo: str) -> None:
        box = accounts.at_provider(part.provider, part.collector_id)
        self._entry(accounts.REFUND_ARRIVED, refund.id, at, memo, (accounts.GOING_BACK, refund.amount_fen), (box, -refund.amount_fen))

    def write(self) -> int:
        """Write everything; return how many entries were new."""
        open_sales(self.opened)
        insert(SubsidyLine, self.new_subsidies)
        insert(FeeLine, self.new_fees)
        new = {share.pk for share in self.new_subsidies}
        update_shares([share for share in self.moved_shares.values() if not isinstance(share, NewFee) and share.pk not in new])
        insert(FeeReversal, self.reversals)
        insert(Earning, self.earnings)
        write_sales(self.changed)
        return len(ledger.post(entries=self.entries, now=self.now))


def fee_rules() -> list[rules.Rule]:
    """Return every fee rule, as the division needs them."""
    names = ("id", "kind", "basis", "rate", "beneficiary", "seller_id", "county_id", "seller_kind", "provider", "pickup_level", "position")
    rows = FeeRule.objects.order_by("pk").values_list(*names, "since_date", "until_date")
    keys = ("id", "kind", "basis", "rate", "beneficiary", "seller", "county", "seller_kind", "provider", "pickup_level", "position")
    return [rules.Rule(**dict(zip((*keys, "since_date", "until_date"), row, strict=True))) for row in rows]


@transaction.atomic
def _book_strays(payment_ids: Collection[UUID], *, now: datetime) -> int:
    """Book money that pays for no order that is kept, and what of it goes back."""
    if not payment_ids:
        return 0
    parts, refunds = strays_of(payment_ids)
    entries = []
    for part in parts:
        box = accounts.at_provider(part.provider, part.collector_id)
        moved = lines((box, part.amount_fen), (accounts.UNEXPLAINED, -part.amount_fen))
        entries.append(Entry(accounts.PAYMENT_TAKEN, part.id, part.taken_at, moved))
    by_id = {part.id: part for part in parts}
    for refund in refunds:
        part = by_id[refund.split_id]
        moved = lines((accounts.UNEXPLAINED, refund.amount_fen), (accounts.GOING_BACK, -refund.amount_fen))
        entries.append(Entry(accounts.REFUND_DECIDED, refund.id, refund.decided_at, moved))
        if refund.arrived_at is not None:
            box = accounts.at_provider(part.provider, part.collector_id)
            moved = lines((accounts.GOING_BACK, refund.amount_fen), (box, -refund.amount_fen))
            entries.append(Entry(accounts.REFUND_ARRIVED, refund.id, refund.arrived_at, moved))
    return len(ledger.post(entries=entries, now=now))
