"""Of which orders an event speaks, and which facts are not in the books because nobody heard of them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from teahorse.common.statements import Rows, array, looked_up

FORGOTTEN_AFTER = timedelta(minutes=2)
ORDERS_OF_PAYMENTS = """
    select distinct split.reference from payments_paymentsplit split
      join orders_sellerorder o on o.id = split.reference
     where split.payment_id = any(%s::uuid[])
"""
ORDERS_OF_BALANCES = "select distinct order_id from orders_balancedue where id = any(%s::uuid[])"
ORDERS_OF_CASES = "select distinct order_id from aftersales_aftersalecase where id = any(%s::uuid[])"
ORDERS_OF_REFUNDS = """
    select distinct split.reference, refund.payment_id, exists (select from orders_sellerorder o where o.id = split.reference)
      from payments_refund refund join payments_paymentsplit split on split.id = refund.split_id
     where refund.id = any(%s::uuid[])
"""
ORDERS_OF_SHARINGS = """
    select distinct split.reference
      from payments_sharing sharing
      join payments_paymentsplit split on split.id = sharing.split_id
      join orders_sellerorder o on o.id = split.reference
     where sharing.id = any(%s::uuid[])
"""
REFUNDS_OF_RETURNS = "select distinct refund_id from payments_sharereturn where id = any(%s::uuid[])"
FORGOTTEN = """
    select split.payment_id, null::uuid, null::uuid
      from payments_payment payment
      join payments_paymentsplit split on split.payment_id = payment.id
     where payment.state in ('succeeded', 'late_succeeded') and split.amount_fen > 0
       and payment.settled_at between %(since)s and %(until)s
       and not exists (select from ledger_journalentry where kind = 'payment taken' and source_id = split.id)
    union all
    select null, refund.id, null
      from payments_refund refund
     where (refund.requested_at between %(since)s and %(until)s
            and not exists (select from ledger_journalentry where kind = 'refund decided' and source_id = refund.id))
        or (refund.state = 'succeeded' and refund.settled_at between %(since)s and %(until)s
            and not exists (select from ledger_journalentry where kind = 'refund arrived' and source_id = refund.id))
    union all
    select null, null, o.id
      from orders_sellerorder o
      left join settlement_sale sale on sale.order_id = o.id
     where o.paid_at between %(since)s and %(until)s and sale.frozen_at is null
       and o.state <> 'presale_wait'
       and not exists (select from orders_balancedue due where due.order_id = o.id and due.kind = 'presale_balance' and due.state = 'asked')
    union all
    select null, null, o.id
      from orders_sellerorder o
      left join settlement_sale sale on sale.order_id = o.id
     where o.state = 'closed' and o.ended_at between %(since)s and %(until)s and sale.closed_at is null
    union all
    -- what was paid besides may be booked as money that came, and not be counted yet
    select null, null, o.id
      from orders_balancedue due
      join orders_sellerorder o on o.id = due.order_id
      left join settlement_sale sale on sale.order_id = o.id
     where due.state = 'paid' and due.settled_at between %(since)s and %(until)s
       and o.state <> 'presale_wait'
       and not exists (
               select from orders_balancedue other
                where other.order_id = o.id and other.kind = 'presale_balance' and other.state = 'asked')
       and (sale.frozen_at is null
            or sale.paid_fen < (
               select sum(split.amount_fen) from payments_paymentsplit split
                where split.reference = o.id
                  and split.payment_id in (
                          select o.paid_by_id union all select paid_by_id from orders_balancedue where order_id = o.id)))
    union all
    select null, null, decided.order_id
      from aftersales_aftersalecase decided
     where decided.agreed_fen = 0 and decided.outcome = 'refunded' and decided.decided_at between %(since)s and %(until)s
       and exists (select from aftersales_caseshare share join aftersales_caseline line on line.id = share.case_line_id
                    where line.case_id = decided.id and share.bearer <> 'seller' and share.amount_fen > 0)
       and not exists (select from ledger_journalentry where kind = 'refund decided' and source_id = decided.id)
    union all
    select null, null, split.reference
      from payments_sharing sharing
      join payments_paymentsplit split on split.id = sharing.split_id
     where sharing.state = 'finished' and sharing.settled_at between %(since)s and %(until)s
       and exists (select from settlement_sharedfee shared where shared.sharing_id = sharing.id and not shared.is_kept)
       and not exists (select from ledger_journalentry where kind = 'shared out' and source_id = sharing.id)
    union all
    select null, back.refund_id, null
      from payments_sharereturn back
     where back.state = 'succeeded' and back.settled_at between %(since)s and %(until)s
       and not exists (select from ledger_journalentry where kind = 'share came back' and source_id = back.id)
    limit %(limit)s
"""


def orders_of_payments(payment_ids: Iterable[UUID]) -> list[UUID]:
    """Return the seller orders that payments were made for."""
    return [order_id for (order_id,) in looked_up(ORDERS_OF_PAYMENTS, [array(payment_ids)])]


def orders_of_balances(balance_ids: Iterable[UUID]) -> list[UUID]:
    """Return the seller orders for which something was owed besides."""
    return [order_id for (order_id,) in looked_up(ORDERS_OF_BALANCES, [array(balance_ids)])]


def orders_of_cases(case_ids: Iterable[UUID]) -> list[UUID]:
    """Return the seller orders that after-sale cases are about."""
    return [order_id for (order_id,) in looked_up(ORDERS_OF_CASES, [array(case_ids)])]


def orders_of_sharings(sharing_ids: Iterable[UUID]) -> list[UUID]:
    """Return the seller orders of which parts were shared out."""
    return [order_id for (order_id,) in looked_up(ORDERS_OF_SHARINGS, [array(sharing_ids)])]


def refunds_of_returns(return_ids: Iterable[UUID]) -> list[UUID]:
    """Return the refunds for which shares came back."""
    return [refund_id for (refund_id,) in looked_up(REFUNDS_OF_RETURNS, [array(return_ids)])]


def orders_of_refunds(refund_ids: Iterable[UUID]) -> tuple[set[UUID], set[UUID]]:
    """Return the seller orders whose money goes back, and the payments of which the others are parts."""
    rows = looked_up(ORDERS_OF_REFUNDS, [array(refund_ids)])
    return {order for order, _, is_kept in rows if is_kept}, {payment for _, payment, is_kept in rows if not is_kept}


def forgotten(*, since: datetime, until: datetime, limit: int) -> Rows:
    """Return facts of a window that are not in the books: rows of a payment's, a refund's or an order's key; shares under these."""
    return looked_up(FORGOTTEN, {"since": since, "until": until, "limit": limit})
