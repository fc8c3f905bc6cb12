"""How a sale is booked: every step of its money becomes entries, fees, subsidies and earnings, written together at the end."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from teahorse.common.ids import new_id
from teahorse.common.money import allot
from teahorse.ledger import actions as ledger
from teahorse.ledger.rules import Account, Entry, lines
from teahorse.settlement import accounts, rules
from teahorse.settlement.actions.collected import Own, shared_parts
from teahorse.settlement.actions.freezing import Terms
from teahorse.settlement.actions.writing import (
    LockedSale,
    NewEarning,
    NewFee,
    insert,
    open_sales,
    update_shares,
    write_earnings,
    write_sales,
)
from teahorse.settlement.facts import Part, RefundFact, SaleFacts
from teahorse.settlement.models import Earning, FeeLine, FeeReversal, FeeRule, Maturity, SharedFee, SubsidyLine

SALE = Earning.Kind.SALE.value
HOUSE = ""
"""Where money stands that the seller did not collect."""


@dataclass
class Booking:
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
    moved_shares: dict[UUID, FeeLine | NewFee | SharedFee | SubsidyLine] = field(default_factory=dict)
    reversals: list[FeeReversal] = field(default_factory=list)
    earnings: list[NewEarning] = field(default_factory=list)
    earned: dict[tuple[UUID, str], tuple[datetime | None, UUID | None]] = field(default_factory=dict)
    """When what a sale earned at a place matures (nothing: it has), and with what, where that is written."""
    own: dict[UUID, list[Own]] = field(default_factory=dict)
    shared: dict[UUID, list[SharedFee]] = field(default_factory=lambda: defaultdict(list))
    shared_back: dict[UUID, list[FeeReversal]] = field(default_factory=lambda: defaultdict(list))
    kept: list[SharedFee] = field(default_factory=list)
    terms: Terms = field(default_factory=Terms)
    sellers: dict[tuple[str, int], Account] = field(default_factory=dict)

    def is_settled(self, facts: SaleFacts, sale: LockedSale) -> bool:
        """Whether nothing more is to be divided: no refund waits, nothing more was paid, and it is closed as it is below."""
        is_counted = sum(part.amount_fen for part in facts.counted) == sale.paid_fen
        return (
            is_counted
            and (sale.closed_at is not None or facts.closed_at is None)
            and all((accounts.REFUND_DECIDED, refund.id) in self.known for refund in facts.refunds)
        )

    def read_shares(self, sales: list[LockedSale]) -> None:
        """Read how sales that were frozen earlier are divided, and with what matures what their sellers earned by them."""
        keys = [sale.pk for sale in sales]
        if not keys:
            return
        for fee in FeeLine.objects.filter(sale__in=keys).order_by("pk"):
            self.fees[fee.sale_id].append(fee)
        for subsidy in SubsidyLine.objects.filter(sale__in=keys).order_by("pk"):
            self.subsidies[subsidy.sale_id].append(subsidy)
        closed = [sale.pk for sale in sales if sale.closed_at is not None]
        for earning in Earning.objects.filter(kind=SALE, source_id__in=closed).select_related("maturity"):
            found = earning.maturity
            is_maturing = found.state == Maturity.State.MATURING
            self.earned[earning.source_id, earning.provider] = (found.matures_at, found.pk) if is_maturing else (None, None)

    def read_shared_fees(self, facts: Iterable[SaleFacts]) -> None:
        """Read what of fees was shared out, of sales of which something was, and what of that refunds took back."""
        shared_out = [one for one in facts if one.sharings]
        if not shared_out:
            return
        found = SharedFee.objects.filter(sharing__in=[sharing.id for one in shared_out for sharing in one.sharings])
        for row in found.select_related("fee").order_by("pk"):
            self.shared[row.sharing_id].append(row)
        refunds = [refund.id for one in shared_out for refund in one.refunds if refund.returns]
        for reversal in FeeReversal.objects.filter(refund_id__in=refunds, shared_fen__gt=0).order_by("pk"):
            self.shared_back[reversal.refund_id].append(reversal)

    def add(self, sale: LockedSale, facts: SaleFacts) -> None:
        """Book what is new about one sale, in the order in which it happened."""
        before = sale.standing
        for part in facts.parts:
            if sale.is_new or (accounts.PAYMENT_TAKEN, part.id) not in self.known:
                self._take(sale, part)
        counted = facts.counted
        self.stand(sale, facts, counted)
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
        self._follow(sale, facts)
        if sale.is_new:
            self.opened.append(sale)
        elif sale.standing != before:
            self.changed.append(sale)

    def _follow(self, sale: LockedSale, facts: SaleFacts) -> None:
        """Book what reached the buyer, what was shared out, and which shares came back."""
        by_id = {part.id: part for part in facts.parts} if facts.refunds else {}
        for refund in facts.refunds:
            if refund.arrived_at is not None and (accounts.REFUND_ARRIVED, refund.id) not in self.known:
                self._arrive(by_id[refund.split_id], refund, refund.arrived_at, sale.number)
        for own in self.own.get(sale.pk, ()):
            self._share(sale, own)
            self._take_back(sale, own, facts.refunds)

    def _entry(self, kind: str, source_id: UUID, at: datetime, memo: str, *wanted: tuple[Account, int]) -> None:
        if posted := lines(*wanted):
            self.entries.append(Entry(kind, source_id, at, posted, memo))

    def _seller(self, sale: LockedSale, purpose: str) -> Account:
        key = (purpose, sale.seller_id.int)
        if key not in self.sellers:
            self.sellers[key] = accounts.of_seller(purpose, sale.seller_id, sale.county_id)
        return self.sellers[key]

    def stand(self, sale: LockedSale, facts: SaleFacts, counted: Sequence[Part]) -> None:
        """Note what of a sale its seller collected herself, as far as it is booked."""
        sharings = {sharing.split_id: sharing for sharing in facts.sharings}
        counted_fen = 0
        for part in counted:
            counted_fen += part.amount_fen
            if part.collector_id is None or part.collector_id != facts.seller_id:
                continue
            # what was paid after the end is earned on its own
            is_new = sale.closed_at is not None and counted_fen > sale.paid_fen
            known = (refund for refund in facts.refunds if (accounts.REFUND_DECIDED, refund.id) in self.known)
            back_fen = sum(refund.amount_fen for refund in known if refund.split_id == part.id)
            sharing = sharings.get(part.id)
            shared = self.shared[sharing.id] if sharing is not None else []
            self.own.setdefault(sale.pk, []).append(Own(part, (0 if is_new else part.amount_fen) - back_fen, sharing, shared, is_new))

    def taken_of(self, sale: LockedSale) -> list[int]:
        """Return what of a sale's fees is taken out of each part that the seller collected, as far as her provider lets it."""
        own = self.own.get(sale.pk, [])
        kept_fen = sum(row.left_fen for one in own for row in one.shared if row.is_kept)
        left_fen = sale.fees_fen - sale.fees_back_fen - kept_fen
        return rules.fees_taken([one.most_fen for one in own], [one.taken_fen for one in own], left_fen)

    def _places(self, sale: LockedSale) -> dict[str, int]:
        """Return where what a sale leaves its seller stands: at her providers what she collected less fees, the rest with the house."""
        net = sale.left_fen - (sale.fees_fen - sale.fees_back_fen)
        if sale.pk not in self.own:
            return {HOUSE: net}
        found: dict[str, int] = defaultdict(int)
        for one, taken_fen in zip(self.own[sale.pk], self.taken_of(sale), strict=True):
            found[one.part.provider] += one.left_fen - taken_fen
        found[HOUSE] = net - sum(found.values())
        return found

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
            before = self._places(sale)
            more_fen, sale.paid_fen = paid_fen - sale.paid_fen, paid_fen
            if sale.closed_at is not None:
                for one in self.own.get(sale.pk, ()):
                    if one.is_new:
                        one.left_fen, one.is_new = one.left_fen + one.part.amount_fen, False
                self._earn_more(sale, next(part for part in reversed(counted) if part.is_balance), more_fen, before)

    def _earn_more(self, sale: LockedSale, part: Part, fen: int, before: dict[str, int]) -> None:
        """Hand on what was paid for a sale after its end."""
        sale.held_fen -= fen
        earned = self._change(sale, Earning.Kind.ADJUSTMENT, part.id, part.taken_at, before)
        self._entry(accounts.BALANCE_EARNED, part.id, part.taken_at, sale.number, (self._seller(sale, "held"), fen), *earned)

    def _change(
        self, sale: LockedSale, kind: Earning.Kind, source_id: UUID, at: datetime, before: dict[str, int]
    ) -> list[tuple[Account, int]]:
        """Let the seller have, or owe, what a closed sale leaves her now more or less, each where it stands; return it by her accounts."""
        moved: dict[str, int] = defaultdict(int)
        for place, fen in self._places(sale).items():
            more_fen = fen - before.get(place, 0)
            if more_fen:
                matures_at, joins_id = self._matures_with(sale, place)
                self.earnings.append(
                    NewEarning(
                        id=new_id(),
                        county_id=sale.county_id,
                        seller_id=sale.seller_id,
                        kind=kind.value,
                        source_id=source_id,
                        order_id=sale.pk,
                        amount_fen=more_fen,
                        earned_at=at,
                        provider=place,
                        matures_at=matures_at,
                        joins_id=joins_id,
                    )
                )
                moved["payable" if matures_at is None else "earned"] -= more_fen
        return [(self._seller(sale, purpose), fen) for purpose, fen in moved.items()]

    def _matures_with(self, sale: LockedSale, place: str) -> tuple[datetime | None, UUID | None]:
        """Return when and with what matures what a sale earned at a place, else when what it earned at another; nothing if it has."""
        if (sale.pk, place) in self.earned:
            return self.earned[sale.pk, place]
        others = (HOUSE, *(one.part.provider for one in self.own.get(sale.pk, ())))
        return next((self.earned[sale.pk, one][0] for one in others if (sale.pk, one) in self.earned), None), None

    def _freeze(self, sale: LockedSale, facts: SaleFacts, paying: Part, paid_fen: int) -> None:
        """Let fees and discounts stand from now on, at the rates of the day of placing."""
        sale.frozen_at, sale.paid_fen = facts.paid_at, paid_fen
        if facts.subsidies or facts.freight_subsidy_fen:
            self._grant(sale, facts)
        frozen = [
            NewFee(new_id(), sale.pk, fee.kind, fee.rule_id, fee.beneficiary_id, fee.amount_fen, fee.reason)
            for fee in self.terms.fees(facts, paying, sale.paid_fen + sale.subsidy_fen)
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

    def _decide(self, sale: LockedSale, refund: RefundFact, *, is_of_sale: bool, freight_fen: int) -> None:
        """Book a decided refund, out of what has not gone back; the buyer had paid so much for sending."""
        back = (accounts.GOING_BACK, -refund.amount_fen)
        before = self._places(sale)
        out_of = next((one for one in self.own.get(sale.pk, ()) if one.part.id == refund.split_id), None)
        if out_of is not None:
            out_of.left_fen -= refund.amount_fen
        if not (is_of_sale and sale.frozen_at is not None):
            # money that never paid for the order, or only begun to, goes back as it came
            sale.held_fen -= refund.amount_fen
            held = (self._seller(sale, "held"), refund.amount_fen)
            self._entry(accounts.REFUND_DECIDED, refund.id, refund.decided_at, sale.number, held, back)
            return
        fees, subsidies = self.fees[sale.pk], self.subsidies[sale.pk]
        shared_back = out_of.coming_back(refund) if out_of is not None else {}
        given = dict(refund.given_back) if refund.given_back is not None else None
        divided = rules.reversal(
            refund_fen=refund.amount_fen,
            paid_left_fen=sale.paid_fen - sale.refunded_fen,
            subsidies_left=[subsidy.left_fen for subsidy in subsidies],
            fees_left=[fee.left_fen for fee in fees],
            given_back=[given.get(subsidy.bearer_id, 0) for subsidy in subsidies] if given is not None else None,
            sending=_sending(sale, refund, fees, subsidies, freight_fen),
            shared=shared_parts(self.own.get(sale.pk, ()), fees, shared_back),
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
                reversal = FeeReversal(
                    id=new_id(), fee_id=fee.pk, refund_id=refund.id, amount_fen=fen, shared_fen=shared_back.get(fee.pk, 0)
                )
                self.reversals.append(reversal)
                if reversal.shared_fen:
                    self.shared_back[refund.id].append(reversal)
        if out_of is not None:
            for row in out_of.others:
                self._turn(row, shared_back.get(row.fee_id, 0))
        sale.refunded_fen += refund.amount_fen
        sale.subsidy_back_fen += sum(divided.subsidies_fen)
        sale.fees_back_fen += sum(divided.fees_fen)
        whole = refund.amount_fen + sum(divided.subsidies_fen)
        if sale.closed_at is None:
            sale.held_fen -= whole
            bearing = [(self._seller(sale, "held"), whole)]
        else:
            owed = self._change(sale, Earning.Kind.REVERSAL, refund.id, refund.decided_at, before)
            bearing = [*owed, *taken_back]
        self._entry(accounts.REFUND_DECIDED, refund.id, refund.decided_at, sale.number, *bearing, back, *returned)

    def _share(self, sale: LockedSale, own: Own) -> None:
        """Book that a part was shared out; what could not be handed out the seller has, and owes to the house."""
        sharing = own.sharing
        if sharing is None or sharing.finished_at is None:
            return
        not_taken = {share.account_id for share in sharing.shares if share.is_kept}
        owed: list[tuple[Account, int]] = []
        fresh = [row for row in own.shared if not row.is_kept and row.account_id in not_taken]
        if fresh:
            before = self._places(sale)
            for row in fresh:
                row.is_kept = True
            self.kept += fresh
            owed = self._change(sale, Earning.Kind.ADJUSTMENT, sharing.id, sharing.finished_at, before)
        if (accounts.SHARED_OUT, sharing.id) in self.known:
            return
        handed_out: dict[Account, int] = defaultdict(int)
        for row in own.shared:
            if not row.is_kept:
                handed_out[own.account_of(row)] += row.amount_fen
        moved = [*handed_out.items(), *((account, fen) for account, fen in owed if fen)]
        if moved:
            collected = (accounts.at_provider(own.part.provider, own.part.collector_id), -sum(handed_out.values()))
            self._entry(accounts.SHARED_OUT, sharing.id, sharing.finished_at, sale.number, *moved, collected)

    def _take_back(self, sale: LockedSale, own: Own, refunds: Sequence[RefundFact]) -> None:
        """Book the shares that came back for refunds."""
        receivers = {share.id: share.account_id for share in own.sharing.shares} if own.sharing is not None else {}
        for refund in refunds:
            for back in refund.returns:
                if refund.split_id != own.part.id or back.arrived_at is None or (accounts.SHARE_CAME_BACK, back.id) in self.known:
                    continue
                of_receiver = {row.fee_id: row for row in own.shared if row.account_id == receivers[back.line_id]}
                turned = [one for one in self.shared_back[refund.id] if one.fee_id in of_receiver]
                if not turned:
                    continue  # nobody knows what it was a share of: the reconciler shows it
                had_it: dict[Account, int] = defaultdict(int)
                for one, fen in zip(turned, allot(back.amount_fen, [one.shared_fen for one in turned]), strict=True):
                    had_it[own.account_of(of_receiver[one.fee_id])] -= fen
                collected = (accounts.at_provider(own.part.provider, own.part.collector_id), back.amount_fen)
                self._entry(accounts.SHARE_CAME_BACK, back.id, back.arrived_at, sale.number, collected, *had_it.items())

    def _turn(self, share: FeeLine | NewFee | SharedFee | SubsidyLine, fen: int) -> None:
        if fen:
            share.reversed_fen += fen
            self.moved_shares[share.pk] = share

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
        matures_at = rules.matures_at(at)
        for place, fen in self._places(sale).items():
            self.earned[sale.pk, place] = matures_at, None
            if fen:
                self.earnings.append(
                    NewEarning(
                        id=new_id(),
                        county_id=sale.county_id,
                        seller_id=sale.seller_id,
                        kind=SALE,
                        source_id=sale.pk,
                        order_id=sale.pk,
                        amount_fen=fen,
                        earned_at=at,
                        provider=place,
                        matures_at=matures_at,
                    )
                )

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
        if self.kept:
            SharedFee.objects.filter(pk__in=[row.pk for row in self.kept]).update(is_kept=True)
        insert(FeeReversal, self.reversals)
        write_sales(self.changed)
        write_earnings(self.earnings)
        return len(ledger.post(entries=self.entries, now=self.now))


def _sending(
    sale: LockedSale, refund: RefundFact, fees: Sequence[FeeLine | NewFee], subsidies: Sequence[SubsidyLine], freight_fen: int
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
