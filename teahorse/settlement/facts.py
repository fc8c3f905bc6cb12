"""
What the apps below say about sales, as plain values: here settlement reads orders, payments, cases and discounts.

Everything that is booked is worked out from these rows, whatever event woke us, so it does not matter which came first.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from teahorse.common.statements import array, looked_up

ORDERS = """
    select o.id, o.county_id, o.seller_id, o.number, o.goods_fen, o.freight_fen, o.freight_cost_fen, o.freight_subsidy_fen,
           o.freight_payer_id, o.total_fen, o.weight_grams, o.placed_at, o.paid_at, o.paid_by_id,
           case when o.state = 'closed' then o.ended_at end, coalesce(seller.kind, ''), point.organisation_id, coalesce(point.level, ''),
           exists (select from orders_balancedue due where due.order_id = o.id and due.kind = 'presale_balance' and due.state = 'asked')
             or o.state = 'presale_wait'
      from unnest(%s::uuid[]) as wanted (id)
      join orders_sellerorder o on o.id = wanted.id
      join orders_ordergroup g on g.id = o.group_id
      left join people_organisation seller on seller.id = o.seller_id
      left join people_servicepoint point on point.id = g.pickup_point_id
"""
PARTS = """
    select split.id, split.reference, split.payment_id, split.payee_id, payment.provider, split.amount_fen,
           coalesce(event.occurred_at, payment.settled_at, payment.created_at), o.county_id,
           payment.reference <> o.group_id and due.paid_by_id is not distinct from payment.id and due.kind <> 'on_delivery'
      from unnest(%s::uuid[]) as wanted (id)
      join orders_sellerorder o on o.id = wanted.id
      join lateral (
          select null::uuid as paid_by_id, o.group_id as reference, '' as kind
          union all
          select paid_by_id, id, kind from orders_balancedue where order_id = o.id
      ) due on true
      join payments_payment payment on payment.reference = due.reference and payment.state in ('succeeded', 'late_succeeded')
      join payments_paymentsplit split on split.payment_id = payment.id and split.reference = o.id
      left join lateral (
          select occurred_at from payments_paymentevent
           where payment_id = payment.id and kind = 'succeeded' and amount_fen = payment.amount_fen
           order by occurred_at, id limit 1
      ) event on true
     where split.amount_fen > 0
     order by payment.settled_at, split.id
"""
STRAYS = """
    select split.id, split.reference, split.payment_id, split.payee_id, payment.provider, split.amount_fen,
           coalesce(payment.settled_at, payment.created_at), null::uuid, false
      from unnest(%s::uuid[]) as wanted (id)
      join payments_payment payment on payment.id = wanted.id and payment.state in ('succeeded', 'late_succeeded')
      join payments_paymentsplit split on split.payment_id = payment.id
     where split.amount_fen > 0 and not exists (select from orders_sellerorder o where o.id = split.reference)
     order by split.id
"""
REFUNDS = """
    select refund.id, refund.split_id, refund.reference, refund.amount_fen, refund.requested_at,
           case when refund.state = 'succeeded' then refund.settled_at end
      from unnest(%s::uuid[]) as wanted (id)
      join payments_refund refund on refund.split_id = wanted.id
     order by refund.requested_at, refund.id
"""


@dataclass(slots=True)
class Part:
    """One order's part of a payment that brought money, and who collected it (nobody: the house)."""

    id: UUID
    order_id: UUID
    payment_id: UUID
    seller_id: UUID
    provider: str
    amount_fen: int
    taken_at: datetime
    county_id: UUID | None
    is_balance: bool
    """Whether it paid what was owed for the order besides its first payment; what is paid on delivery is its first."""
    collector_id: UUID | None = None
    account_id: UUID | None = None
    """Her account at the provider, who collected it."""


@dataclass(frozen=True, slots=True)
class ReturnFact:
    """What comes back of one share, for a refund."""

    id: UUID
    refund_id: UUID
    line_id: UUID
    amount_fen: int
    arrived_at: datetime | None


@dataclass(frozen=True, slots=True)
class RefundFact:
    """
    Money that goes back out of a part.

    Where a case has said so, ``given_back`` goes with it to those who bore a part of the price, and of what was paid for sending
    ``freight_back``: so many of so many. Where the part was shared out its receivers give back ``returns``.
    """

    id: UUID
    split_id: UUID
    reference: UUID
    amount_fen: int
    decided_at: datetime
    arrived_at: datetime | None
    given_back: tuple[tuple[UUID | None, int], ...] | None = None
    freight_back: tuple[int, int] | None = None
    returns: tuple[ReturnFact, ...] = ()


@dataclass(frozen=True, slots=True)
class ShareFact:
    """What one account (none: the house's) gets of a part that is shared out; the provider may not have handed it out (``is_kept``)."""

    id: UUID
    account_id: UUID | None
    amount_fen: int
    is_kept: bool


@dataclass(frozen=True, slots=True)
class SharingFact:
    """How a part that the seller collected is shared out, and when that was finished, or refused as a whole (``is_refused``)."""

    id: UUID
    split_id: UUID
    finished_at: datetime | None
    is_refused: bool
    shares: tuple[ShareFact, ...]


@dataclass(slots=True)
class SaleFacts:
    """All that the apps below know about one seller order's money."""

    order_id: UUID
    county_id: UUID
    seller_id: UUID
    number: str
    goods_fen: int
    freight_fen: int
    freight_cost_fen: int
    freight_subsidy_fen: int
    freight_payer_id: UUID | None
    total_fen: int
    weight_grams: int
    placed_at: datetime
    paid_at: datetime | None
    paid_by_id: UUID | None
    closed_at: datetime | None
    seller_kind: str
    pickup_owner_id: UUID | None
    pickup_level: str
    is_waiting: bool
    """Whether more is to be paid before it is a sale: the rest of what is sold before its harvest."""
    parts: list[Part] = field(default_factory=list)
    refunds: list[RefundFact] = field(default_factory=list)
    subsidies: tuple[tuple[UUID | None, int], ...] = ()
    sharings: tuple[SharingFact, ...] = ()

    @property
    def paying(self) -> Part | None:
        """The part that paid the order; one that was paid before payments were remembered was paid by the first."""
        if self.paid_at is None:
            return None
        for part in self.parts:
            if not part.is_balance and (self.paid_by_id is None or self.paid_by_id == part.payment_id):
                return part
        return None

    @property
    def counted(self) -> list[Part]:
        """The parts that pay for the sale: the first one, and what was owed besides."""
        paying = self.paying
        return [part for part in self.parts if part.is_balance or part is paying]


def facts_of(order_ids: Collection[UUID]) -> dict[UUID, SaleFacts]:
    """Return what is known of these orders, by their keys; five questions, however many they are, and two of what sellers collected."""
    keys = array(order_ids)
    found = {row[0]: SaleFacts(*row) for row in looked_up(ORDERS, [keys], in_binary=True)}
    parts = {row[0]: Part(*row) for row in looked_up(PARTS, [keys], in_binary=True)}
    collectors = _collectors(parts)
    for part in parts.values():
        found[part.order_id].parts.append(_collected(part, collectors))
    refunds = _refunds(parts)
    returns = _returns(collectors)  # after the refunds, with which they were written
    for refund in refunds:
        back = returns.get(refund.id)
        found[parts[refund.split_id].order_id].refunds.append(replace(refund, returns=tuple(back)) if back else refund)
    for sharing in _sharings(collectors):
        found[parts[sharing.split_id].order_id].sharings += (sharing,)
    for order_id, borne in _subsidies(order_ids).items():
        found[order_id].subsidies = tuple(borne)
    _add_goods_alone(found)
    return found


def strays_of(payment_ids: Collection[UUID]) -> tuple[list[Part], list[RefundFact]]:
    """Return parts of payments, and their refunds, that pay for no order that is kept."""
    parts = {row[0]: Part(*row) for row in looked_up(STRAYS, [array(payment_ids)])}
    collectors = _collectors(parts)
    return [_collected(part, collectors) for part in parts.values()], _refunds(parts)


def _refunds(parts: Collection[UUID]) -> list[RefundFact]:
    rows = looked_up(REFUNDS, [array(parts)], in_binary=True) if parts else []
    shares = _case_shares({row[2] for row in rows}) if rows else {}
    found: list[RefundFact] = []
    told: set[UUID] = set()
    for key, split_id, reference, amount_fen, decided_at, arrived_at in rows:
        # what was paid in two steps goes back in two; what goes with it to others is said once
        share = shares.get(reference)
        said = CaseSays() if share is not None and reference in told else share
        told.add(reference)
        refund = RefundFact(key, split_id, reference, amount_fen, decided_at, arrived_at)
        found.append(replace(refund, given_back=said.given_back, freight_back=said.freight_back) if said else refund)
    return found


def _collected(part: Part, collectors: dict[UUID, tuple[UUID, UUID]]) -> Part:
    if part.id not in collectors:
        return part
    collector_id, account_id = collectors[part.id]
    return replace(part, collector_id=collector_id, account_id=account_id)


def _returns(splits: Collection[UUID]) -> dict[UUID, list[ReturnFact]]:
    """Return what comes back of shares of parts, by the refund that it comes back for."""
    found: dict[UUID, list[ReturnFact]] = defaultdict(list)
    for row in looked_up(RETURNS, [array(splits)]) if splits else []:
        back = ReturnFact(*row)
        found[back.refund_id].append(back)
    return found


def _sharings(splits: Collection[UUID]) -> list[SharingFact]:
    """Return how parts are shared out."""
    shares: dict[UUID, list[ShareFact]] = defaultdict(list)
    found: dict[UUID, SharingFact] = {}
    for key, split_id, finished_at, is_refused, *share in looked_up(SHARINGS, [array(splits)]) if splits else []:
        found[key] = SharingFact(key, split_id, finished_at, is_refused, ())
        shares[key] += [ShareFact(*share)] if share[0] is not None else []
    return [replace(sharing, shares=tuple(shares[sharing.id])) for sharing in found.values()]


# --- What others than the buyer and the seller have to do with it


COLLECTORS = """
    select split.id, account.organisation_id, account.id
      from unnest(%s::uuid[]) as wanted (id)
      join payments_paymentsplit split on split.id = wanted.id
      join payments_merchantaccount account on account.id = split.account_id
     where account.organisation_id is not null
"""
SUBSIDIES = """
    select discount.order_id, discount.bearer_id, sum(discount.amount_fen)::bigint
      from unnest(%s::uuid[]) as wanted (id)
      join orders_linediscount discount on discount.order_id = wanted.id and discount.bearer <> 'seller'
     group by discount.order_id, discount.bearer_id
     order by discount.order_id, discount.bearer_id
"""
CASE_SHARES = """
    select line.case_id, share.bearer_id, sum(share.amount_fen)::bigint,
           case when said.is_freight_back then said.agreed_fen else 0 end, case when said.is_freight_back then said.worth_fen else 1 end
      from unnest(%s::uuid[]) as wanted (id)
      join aftersales_aftersalecase said on said.id = wanted.id
      join aftersales_caseline line on line.case_id = said.id
      left join aftersales_caseshare share on share.case_line_id = line.id and share.bearer <> 'seller' and share.amount_fen > 0
     group by said.id, line.case_id, share.bearer_id
     order by line.case_id, share.bearer_id
"""
GOODS_ALONE = """
    select decided.id, decided.order_id, decided.decided_at
      from unnest(%s::uuid[]) as wanted (id)
      join aftersales_aftersalecase decided on decided.order_id = wanted.id
     where decided.agreed_fen = 0 and decided.outcome = 'refunded'
     order by decided.decided_at, decided.id
"""
SHARINGS = """
    select sharing.id, sharing.split_id, case when sharing.state = 'finished' then sharing.settled_at end, sharing.state = 'failed',
           line.id, line.account_id, line.amount_fen, line.state = 'failed'
      from unnest(%s::uuid[]) as wanted (id)
      join payments_sharing sharing on sharing.split_id = wanted.id
      left join payments_shareline line on line.sharing_id = sharing.id
     order by sharing.id, line.id
"""
RETURNS = """
    select back.id, back.refund_id, back.line_id, back.amount_fen, case when back.state = 'succeeded' then back.settled_at end
      from unnest(%s::uuid[]) as wanted (id)
      join payments_refund refund on refund.split_id = wanted.id
      join payments_sharereturn back on back.refund_id = refund.id
     order by back.id
"""


def _collectors(split_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, UUID]]:
    """Return who collected parts at the provider, and by which account, where it was not the house."""
    return {split_id: (collector_id, account_id) for split_id, collector_id, account_id in looked_up(COLLECTORS, [array(split_ids)])}


def _subsidies(order_ids: Collection[UUID]) -> dict[UUID, list[tuple[UUID | None, int]]]:
    """Return what others than the seller bear of orders' discounts, summed by bearer."""
    found: dict[UUID, list[tuple[UUID | None, int]]] = defaultdict(list)
    for order_id, bearer_id, fen in looked_up(SUBSIDIES, [array(order_ids)]):
        found[order_id].append((bearer_id, fen))
    return found


@dataclass(frozen=True, slots=True)
class CaseSays:
    """What a case says beside what its buyer gets: what goes back to whom of the price, and which part of what was paid for sending."""

    given_back: tuple[tuple[UUID | None, int], ...] = ()
    freight_back: tuple[int, int] = (0, 1)


def _case_shares(references: Collection[UUID]) -> dict[UUID, CaseSays]:
    """Return what goes back to those who bore a part of the price, by the case that money is refunded for."""
    found: dict[UUID, list[tuple[UUID | None, int]]] = defaultdict(list)
    freight: dict[UUID, tuple[int, int]] = {}
    for case_id, bearer_id, fen, part, whole in looked_up(CASE_SHARES, [array(references)]):
        found[case_id] += [(bearer_id, fen)] if fen else []
        freight[case_id] = (part, whole)
    return {case_id: CaseSays(tuple(shares), freight[case_id]) for case_id, shares in found.items()}


def _add_goods_alone(found: dict[UUID, SaleFacts]) -> None:
    """
    Add the cases whose goods had cost their buyer nothing: no money goes back to her, but to those who bore the price.

    Such a case is told as a refund of nothing, under the case's own key.
    """
    subsidised = [one.order_id for one in found.values() if one.subsidies and one.paying]
    cases = {key: (order_id, decided_at) for key, order_id, decided_at in looked_up(GOODS_ALONE, [array(subsidised)])} if subsidised else {}
    shares = _case_shares(cases) if cases else {}
    for key, (order_id, decided_at) in cases.items():
        paying = found[order_id].paying
        given_back = shares[key].given_back if key in shares else ()
        if paying is not None and given_back:
            nothing = RefundFact(key, paying.id, key, 0, decided_at, None, given_back=given_back, freight_back=(0, 1))
            found[order_id].refunds.append(nothing)
