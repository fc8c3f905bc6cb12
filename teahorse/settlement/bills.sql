-- What providers' bills say otherwise than we were told: provider, our number, what we were told, what is billed; refunds negative.
-- Only days whose bill is kept are compared, collector by collector: a day without one says nothing yet.
-- What we were told stands on the day on which it happened there, as it does on the bill; a combined payment's parts have their own numbers.
-- Money that somebody assigned to a payment stands on the bill under the number that it came with.
with bills as (
    select id, provider, account_number, day::timestamp at time zone 'Asia/Shanghai' as starts_at,
           (day + 1)::timestamp at time zone 'Asia/Shanghai' as ends_at
      from payments_providerbill
     where day >= (%(since)s::timestamptz at time zone 'Asia/Shanghai')::date
       and day < (%(until)s::timestamptz at time zone 'Asia/Shanghai')::date
), billed as (
    select bills.provider, case when row.kind = 'refund' then row.refund_number else row.our_number end as number,
           sum(case when row.kind = 'refund' then -row.amount_fen else row.amount_fen end) as fen
      from bills join payments_providerbillrow row on row.bill_id = bills.id and row.kind in ('payment', 'refund')
     group by 1, 2
), moved as (
    select event.kind, event.provider_number, payment.id, payment.provider, payment.our_number
      from payments_paymentevent event
      join payments_payment payment on payment.id = event.payment_id
      join bills on bills.provider = payment.provider and bills.account_number = coalesce(payment.asked ->> 'account', '')
       and event.occurred_at >= bills.starts_at and event.occurred_at < bills.ends_at
     where event.kind in ('succeeded', 'refunded') and event.occurred_at >= %(since)s and event.occurred_at < %(until)s
), told as (
    select provider, number, sum(fen) as fen
      from (
          select moved.provider, coalesce(assigned.our_number, nullif(split.our_number, ''), moved.our_number) as number, split.amount_fen as fen
            from moved
            join payments_paymentsplit split on split.payment_id = moved.id and split.amount_fen > 0
            left join payments_unmatchedmoney assigned
                   on assigned.assigned_to_id = moved.id and assigned.provider_number = moved.provider_number and assigned.kind = 'succeeded'
           where moved.kind = 'succeeded'
          union all
          select moved.provider, refund.our_number, -refund.amount_fen
            from moved
            join payments_refund refund
              on refund.payment_id = moved.id and refund.provider_number = moved.provider_number and refund.state = 'succeeded'
           where moved.kind = 'refunded'
      ) each
     group by 1, 2
)
select provider, number, coalesce(told.fen, 0), coalesce(billed.fen, 0)
  from told full join billed using (provider, number)
 where coalesce(told.fen, 0) <> coalesce(billed.fen, 0)
 order by 1, 2
