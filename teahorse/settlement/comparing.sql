-- Everything that says something about money, side by side; a row for each fact or account where two of them differ:
-- kind, subject, what is expected, what is found, the county that it is about.
-- Facts are looked at from %(since)s until %(until)s (two minutes ago: their reactions had time); accounts and sums when %(is_whole)s.
-- It is one statement, so all of it is one moment.
with taken as (
    select split.id, split.amount_fen, split.reference, payment.our_number, payment.settled_at
      from payments_payment payment join payments_paymentsplit split on split.payment_id = payment.id
     where payment.state in ('succeeded', 'late_succeeded') and payment.settled_at >= %(since)s and payment.settled_at < %(until)s
       and split.amount_fen > 0
), payment_entries as (
    select entry.source_id, sum(posting.amount_fen) as fen
      from ledger_journalentry entry join ledger_posting posting on posting.entry_id = entry.id and posting.amount_fen > 0
     where entry.kind = 'payment taken' and (%(is_whole)s or entry.source_id in (select id from taken))
     group by entry.source_id
), refunds as (
    select refund.id, refund.amount_fen, refund.state, refund.requested_at, refund.settled_at, split.reference
      from payments_refund refund join payments_paymentsplit split on split.id = refund.split_id
     where (refund.requested_at >= %(since)s and refund.requested_at < %(until)s)
        or (refund.settled_at >= %(since)s and refund.settled_at < %(until)s)
), refund_entries as (
    select entry.kind, entry.source_id, abs(sum(posting.amount_fen)) as fen
      from ledger_journalentry entry
      join ledger_posting posting on posting.entry_id = entry.id
      join ledger_ledgeraccount account on account.id = posting.account_id and account.purpose = 'going_back'
     where entry.kind in ('refund decided', 'refund arrived') and (%(is_whole)s or entry.source_id in (select id from refunds))
     group by entry.kind, entry.source_id
), granted as (
    select sale.order_id, sale.number, sale.subsidy_fen - sale.subsidy_back_fen as left_fen, o.freight_subsidy_fen,
           coalesce(sum(line.amount_fen - line.reversed_fen), 0) as lines_fen,
           coalesce(sum(line.amount_fen) filter (where line.kind = 'freight' and line.bearer_id = o.freight_payer_id), 0) as freight_fen
      from settlement_sale sale
      join orders_sellerorder o on o.id = sale.order_id
      left join settlement_subsidyline line on line.sale_id = sale.order_id
     where sale.frozen_at >= %(since)s and sale.frozen_at < %(until)s
     group by sale.order_id, o.id
), sharings as (
    -- what was handed out of a part, the seller's own fees with it
    select sharing.id, sharing.settled_at, split.reference, split.account_id,
           (select coalesce(sum(amount_fen), 0) from payments_shareline where sharing_id = sharing.id and state = 'succeeded')
           + (select coalesce(sum(amount_fen), 0) from settlement_sharedfee where sharing_id = sharing.id and account_id = split.account_id) as fen
      from payments_sharing sharing join payments_paymentsplit split on split.id = sharing.split_id
     where sharing.state = 'finished' and sharing.settled_at >= %(since)s and sharing.settled_at < %(until)s
), returns as (
    select back.id, back.amount_fen, split.reference
      from payments_sharereturn back
      join payments_refund refund on refund.id = back.refund_id
      join payments_paymentsplit split on split.id = refund.split_id
     where back.state = 'succeeded' and back.settled_at >= %(since)s and back.settled_at < %(until)s
), share_entries as (
    select entry.kind, entry.source_id, abs(sum(posting.amount_fen)) as fen
      from ledger_journalentry entry
      join ledger_posting posting on posting.entry_id = entry.id
      join ledger_ledgeraccount account
        on account.id = posting.account_id and account.purpose like 'at_provider:%%' and account.owner_id is not null
     where entry.kind in ('shared out', 'share came back')
       and (%(is_whole)s or entry.source_id in (select id from sharings union all select id from returns))
     group by entry.kind, entry.source_id
), differing (kind, subject, expected_fen, found_fen, order_id, owner_id) as (
    select 'payment not booked', taken.id::text, taken.amount_fen, coalesce(entry.fen, 0), taken.reference, null::uuid
      from taken left join payment_entries entry on entry.source_id = taken.id
     where taken.amount_fen <> coalesce(entry.fen, 0)
    union all
    select 'booked without a payment', entry.source_id::text, 0, entry.fen, split.reference, null
      from payment_entries entry
      left join payments_paymentsplit split on split.id = entry.source_id
      left join payments_payment payment on payment.id = split.payment_id
     where %(is_whole)s and (payment.id is null or payment.state not in ('succeeded', 'late_succeeded'))
    union all
    select 'refund not booked', refund.id::text, refund.amount_fen, coalesce(entry.fen, 0), refund.reference, null
      from refunds refund left join refund_entries entry on entry.kind = 'refund decided' and entry.source_id = refund.id
     where refund.requested_at < %(until)s and refund.amount_fen <> coalesce(entry.fen, 0)
    union all
    select 'refund arrived, not booked', refund.id::text, refund.amount_fen, coalesce(entry.fen, 0), refund.reference, null
      from refunds refund left join refund_entries entry on entry.kind = 'refund arrived' and entry.source_id = refund.id
     where refund.state = 'succeeded' and refund.settled_at < %(until)s and refund.amount_fen <> coalesce(entry.fen, 0)
    union all
    select 'booked without a refund', entry.source_id::text, 0, entry.fen, split.reference, null
      from refund_entries entry
      left join payments_refund refund on refund.id = entry.source_id
      left join payments_paymentsplit split on split.id = refund.split_id
     where %(is_whole)s and (refund.id is null or (entry.kind = 'refund arrived' and refund.state <> 'succeeded'))
    union all
    select 'shared out, not booked', sharings.id::text, sharings.fen, coalesce(entry.fen, 0), sharings.reference, null
      from sharings left join share_entries entry on entry.kind = 'shared out' and entry.source_id = sharings.id
     where sharings.fen <> coalesce(entry.fen, 0)
    union all
    select 'share came back, not booked', returns.id::text, returns.amount_fen, coalesce(entry.fen, 0), returns.reference, null
      from returns left join share_entries entry on entry.kind = 'share came back' and entry.source_id = returns.id
     where returns.amount_fen <> coalesce(entry.fen, 0)
    union all
    select 'booked without a share', entry.source_id::text, 0, entry.fen, null, null
      from share_entries entry
     where %(is_whole)s
       and not exists (select from payments_sharing where entry.kind = 'shared out' and id = entry.source_id and state = 'finished')
       and not exists (select from payments_sharereturn where entry.kind = 'share came back' and id = entry.source_id and state = 'succeeded')
    union all
    -- what receivers are to get is what of the fees is theirs
    select 'share and its fees', sharing.id::text, sum(given.fen), sum(given.fees), split.reference, null
      from payments_sharing sharing
      join payments_paymentsplit split on split.id = sharing.split_id
      join lateral (
          select coalesce(line.fen, 0) as fen, coalesce(shared.fen, 0) as fees
            from (select account_id, amount_fen as fen from payments_shareline where sharing_id = sharing.id) line
            full join (select account_id, sum(amount_fen) as fen from settlement_sharedfee
                        where sharing_id = sharing.id and account_id is distinct from split.account_id group by account_id) shared
              on coalesce(shared.account_id, sharing.id) = coalesce(line.account_id, sharing.id)
      ) given on given.fen <> given.fees
     where %(is_whole)s and sharing.state <> 'failed'
     group by sharing.id, split.reference
    union all
    select 'order paid, not frozen', o.number, o.total_fen, coalesce(sale.paid_fen, 0), o.id, null
      from orders_sellerorder o left join settlement_sale sale on sale.order_id = o.id
     where o.paid_at >= %(since)s and o.paid_at < %(until)s and sale.frozen_at is null and o.state <> 'presale_wait'
       and not exists (select from orders_balancedue due where due.order_id = o.id and due.kind = 'presale_balance' and due.state <> 'paid')
    union all
    select 'order closed, not booked', o.number, o.total_fen, 0, o.id, null
      from orders_sellerorder o left join settlement_sale sale on sale.order_id = o.id
     where o.state = 'closed' and o.ended_at >= %(since)s and o.ended_at < %(until)s and sale.closed_at is null
    union all
    -- paid, but no order, and nobody sends it back: the sweep of orders gave it up, or never ran
    select 'money held, order not paid', taken.our_number || ' ' || o.number, 0, taken.amount_fen, o.id, null
      from taken join orders_sellerorder o on o.id = taken.reference
     where o.paid_at is null and taken.settled_at < %(until)s - interval '1 hour'
       and not exists (select from payments_refund refund where refund.split_id = taken.id)
    union all
    select 'payment and its events', payment.our_number, payment.amount_fen, coalesce(told.fen, 0), null, null
      from payments_payment payment
      left join lateral (
          select sum(amount_fen) as fen from payments_paymentevent where payment_id = payment.id and kind = 'succeeded'
      ) told on true
     where payment.state in ('succeeded', 'late_succeeded') and payment.settled_at >= %(since)s and payment.settled_at < %(until)s
       and payment.amount_fen <> coalesce(told.fen, 0)
    union all
    select 'event without a payment', payment.our_number, 0, event.amount_fen, null, null
      from payments_paymentevent event join payments_payment payment on payment.id = event.payment_id
     where event.kind = 'succeeded' and event.recorded_at >= %(since)s and event.recorded_at < %(until)s
       and payment.state not in ('succeeded', 'late_succeeded')
    union all
    select 'refunds and their events', payment.our_number, arrived.fen, coalesce(told.fen, 0), null, null
      from (
          select payment_id, sum(amount_fen) as fen from payments_refund
           where state = 'succeeded' and payment_id in (
                     select payment_id from payments_refund where settled_at >= %(since)s and settled_at < %(until)s)
           group by payment_id
      ) arrived
      join payments_payment payment on payment.id = arrived.payment_id
      left join lateral (
          select sum(amount_fen) as fen from payments_paymentevent where payment_id = payment.id and kind = 'refunded'
      ) told on true
     where arrived.fen <> coalesce(told.fen, 0)
    union all
    select 'sale and its fees', sale.number, sale.fees_fen - sale.fees_back_fen, coalesce(fee.fen, 0), sale.order_id, null
      from settlement_sale sale
      left join lateral (select sum(amount_fen - reversed_fen) as fen from settlement_feeline where sale_id = sale.order_id) fee on true
     where sale.frozen_at >= %(since)s and sale.frozen_at < %(until)s and sale.fees_fen - sale.fees_back_fen <> coalesce(fee.fen, 0)
    union all
    select 'sale and its subsidies', number, left_fen, lines_fen, order_id, null from granted where left_fen <> lines_fen
    union all
    -- what a budget bears of sending, as it was agreed and as it is booked
    select 'freight and its subsidy', number, freight_subsidy_fen, freight_fen, order_id, null
      from granted where freight_subsidy_fen <> freight_fen
    union all
    select 'fee and its reversals', fee.id::text, fee.reversed_fen, coalesce(sum(reversal.amount_fen), 0), fee.sale_id, null
      from settlement_feeline fee left join settlement_feereversal reversal on reversal.fee_id = fee.id
     where %(is_whole)s
     group by fee.id having fee.reversed_fen <> coalesce(sum(reversal.amount_fen), 0)
    union all
    -- what was owed besides counts once it is booked, or two minutes old
    select 'sale and its payment', sale.number, split.amount_fen + more.fen, sale.paid_fen, sale.order_id, null
      from settlement_sale sale
      join orders_sellerorder o on o.id = sale.order_id
      join payments_paymentsplit split on split.payment_id = o.paid_by_id and split.reference = o.id
     cross join lateral (
          select coalesce(sum(rest.amount_fen), 0) as fen
            from orders_balancedue due
            join payments_paymentsplit rest on rest.payment_id = due.paid_by_id and rest.reference = o.id
           where due.order_id = o.id and due.kind <> 'on_delivery'  -- that is the first payment itself
             and (due.settled_at < %(until)s
                  or exists (select from ledger_journalentry where kind = 'payment taken' and source_id = rest.id))
          ) more
     where sale.frozen_at >= %(since)s and sale.frozen_at < %(until)s and split.amount_fen + more.fen <> sale.paid_fen
    union all
    select 'the books do not balance', 'all accounts', 0, sum(balance_fen), null, null
      from ledger_ledgeraccount where %(is_whole)s having sum(balance_fen) <> 0
    union all
    select 'balance and its postings', account.purpose || ' ' || coalesce(account.owner_id::text, ''), coalesce(posted.fen, 0),
           account.balance_fen, null, account.owner_id
      from ledger_ledgeraccount account
      left join (select account_id, sum(amount_fen) as fen from ledger_posting group by account_id) posted on posted.account_id = account.id
     where %(is_whole)s and account.balance_fen <> coalesce(posted.fen, 0)
    union all
    select 'account and what it stands for', coalesce(account.purpose, kept.purpose) || ' ' || coalesce(account.owner_id, kept.owner_id)::text,
           coalesce(kept.fen, 0), -coalesce(account.balance_fen, 0), null, coalesce(account.owner_id, kept.owner_id)
      from (select * from ledger_ledgeraccount where purpose in ('held', 'earned', 'payable', 'in_payout')) account
      full join (
          select 'held' as purpose, seller_id as owner_id, sum(held_fen) as fen from settlement_sale group by seller_id
          union all
          select case maturity.state when 'maturing' then 'earned' else 'payable' end, maturity.seller_id, sum(maturity.amount_fen)
            from settlement_maturity maturity left join settlement_payout payout on payout.id = maturity.payout_id
           where maturity.payout_id is null or payout.state = 'draft'
           group by maturity.state, maturity.seller_id
          union all
          select 'in_payout', seller_id, sum(amount_fen) from settlement_payout where state in ('approved', 'sent') group by seller_id
      ) kept on kept.purpose = account.purpose and kept.owner_id = account.owner_id
     where %(is_whole)s and coalesce(kept.fen, 0) <> -coalesce(account.balance_fen, 0)
    union all
    select 'what matures and its earnings', coalesce(maturity.id, earned.maturity_id)::text, coalesce(earned.fen, 0),
           coalesce(maturity.amount_fen, 0), null, coalesce(maturity.seller_id, earned.seller_id)
      from settlement_maturity maturity
      full join (
          select maturity_id, seller_id, provider, sum(amount_fen) as fen from settlement_earning group by maturity_id, seller_id, provider
      ) earned on (earned.maturity_id, earned.seller_id, earned.provider) = (maturity.id, maturity.seller_id, maturity.provider)
     where %(is_whole)s and coalesce(maturity.amount_fen, 0) <> coalesce(earned.fen, 0)
    union all
    -- what was collected of fees is an earning, and the earning is booked
    select 'fees collected, not booked', coalesce(earning.id, entry.source_id)::text, coalesce(earning.amount_fen, 0), coalesce(entry.fen, 0),
           null, coalesce(earning.seller_id, entry.owner_id)
      from (select id, seller_id, amount_fen from settlement_earning where kind = 'fees') earning
      full join (
          select entry.source_id, account.owner_id, -posting.amount_fen as fen
            from ledger_journalentry entry
            join ledger_posting posting on posting.entry_id = entry.id
            join ledger_ledgeraccount account on account.id = posting.account_id and account.purpose = 'payable'
           where entry.kind = 'fees collected'
      ) entry on entry.source_id = earning.id and entry.owner_id = earning.seller_id
     where %(is_whole)s and coalesce(earning.amount_fen, 0) <> coalesce(entry.fen, 0)
    union all
    -- a transfer to the bank is booked as it was written down; one that was undone is reversed
    select 'transfer not booked', coalesce(transfer.reference, entry.source_id::text),
           coalesce(case when transfer.undone_at is null then transfer.amount_fen end, 0), coalesce(entry.fen, 0), null, null
      from settlement_transfer transfer
      full join (
          select entry.source_id, -sum(posting.amount_fen) as fen
            from ledger_journalentry entry
            join ledger_posting posting on posting.entry_id = entry.id
            join ledger_ledgeraccount account
              on account.id = posting.account_id and (account.purpose like 'at_provider:%%' or account.purpose = 'claimed')
           where entry.kind in ('moved to the bank', 'moved to the bank reversed')
           group by entry.source_id
      ) entry on entry.source_id = transfer.id
     where %(is_whole)s and coalesce(case when transfer.undone_at is null then transfer.amount_fen end, 0) <> coalesce(entry.fen, 0)
    union all
    -- a claim is booked as it was made, one that was withdrawn is reversed; and what came of it stands with it
    select 'claim not booked', coalesce(claim.number, entry.source_id::text),
           coalesce(case when claim.withdrawn_at is null then claim.amount_fen end, 0), coalesce(entry.fen, 0), null, null
      from settlement_subsidyclaim claim
      full join (
          select entry.source_id, sum(posting.amount_fen) as fen
            from ledger_journalentry entry
            join ledger_posting posting on posting.entry_id = entry.id
            join ledger_ledgeraccount account on account.id = posting.account_id and account.purpose = 'claimed'
           where entry.kind in ('subsidies claimed', 'subsidies claimed reversed')
           group by entry.source_id
      ) entry on entry.source_id = claim.id
     where %(is_whole)s and coalesce(case when claim.withdrawn_at is null then claim.amount_fen end, 0) <> coalesce(entry.fen, 0)
    union all
    select 'claim and what came of it', claim.number, coalesce(came.fen, 0), claim.received_fen, null, null
      from settlement_subsidyclaim claim
      left join (
          select claim_id, sum(amount_fen) as fen from settlement_transfer where claim_id is not null and undone_at is null group by claim_id
      ) came on came.claim_id = claim.id
     where %(is_whole)s and claim.received_fen <> coalesce(came.fen, 0)
    union all
    -- what a budget owes is what it bears, less what was claimed
    select 'subsidies owed', coalesce(owed.bearer_id, account.owner_id)::text, coalesce(owed.fen, 0), coalesce(account.balance_fen, 0),
           null, coalesce(owed.bearer_id, account.owner_id)
      from (select * from ledger_ledgeraccount where purpose = 'subsidy' and owner_id is not null) account
      full join (
          select bearer_id, sum(fen) as fen
            from (select bearer_id, amount_fen - reversed_fen as fen from settlement_subsidyline where bearer_id is not null
                  union all
                  select claim.payer_id, -claim.amount_fen from settlement_subsidyclaim claim where claim.withdrawn_at is null) parts
           group by bearer_id
      ) owed on owed.bearer_id = account.owner_id
     where %(is_whole)s and coalesce(owed.fen, 0) <> coalesce(account.balance_fen, 0)
    union all
    select 'going back', 'all refunds', coalesce(sum(refund.amount_fen), 0),
           -coalesce((select sum(balance_fen) from ledger_ledgeraccount where purpose = 'going_back'), 0), null, null
      from ledger_journalentry entry join payments_refund refund on refund.id = entry.source_id
     where %(is_whole)s and entry.kind = 'refund decided'
       and not exists (select from ledger_journalentry other where other.kind = 'refund arrived' and other.source_id = entry.source_id)
    having coalesce(sum(refund.amount_fen), 0)
           <> -coalesce((select sum(balance_fen) from ledger_ledgeraccount where purpose = 'going_back'), 0)
    union all
    select 'payout ' || event.kind || ', not booked', payout.number, payout.amount_fen, coalesce(booked.fen, 0), null, payout.seller_id
      from settlement_payoutevent event
      join settlement_payout payout on payout.id = event.payout_id
      left join lateral (
          select sum(posting.amount_fen) as fen from ledger_journalentry entry
            join ledger_posting posting on posting.entry_id = entry.id and posting.amount_fen > 0
           where entry.kind = 'payout ' || event.kind and entry.source_id = payout.id
      ) booked on true
     where event.kind in ('approved', 'paid', 'returned') and event.at >= %(since)s and event.at < %(until)s
       and payout.amount_fen <> coalesce(booked.fen, 0)
)
select differing.kind, differing.subject, differing.expected_fen, differing.found_fen, coalesce(sale.county_id, o.county_id, owner.county_id)
  from differing
  left join settlement_sale sale on sale.order_id = differing.order_id
  left join orders_sellerorder o on o.id = differing.order_id
  left join people_organisation owner on owner.id = differing.owner_id
 order by 1, 2
