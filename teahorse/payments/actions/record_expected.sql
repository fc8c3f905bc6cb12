-- Records money (a JSON array of outcomes with keys for their events) that came just as it was expected: the sum that was due, at who
-- was to collect it, for an undivided payment that waits for it and of which nothing else is known. The payments are locked already.
-- Returns which of the outcomes those were, and their payments; nothing is done with the others.
with told as (
    select *
      from jsonb_to_recordset(%(told)s::jsonb) as told (
               place int, event_id uuid, our_number text, provider_number text, amount_fen bigint, occurred_at timestamptz, account_number text
           )
), expected as (
    select told.*, payment.id as payment_id
      from told
      join payments_payment payment on payment.our_number = told.our_number
     where payment.state in ('created', 'paying')
       and payment.provider = %(provider)s
       and payment.amount_fen = told.amount_fen
       and not payment.is_combined
       and not exists (select from payments_paymentevent event where event.payment_id = payment.id)
       and exists (
               select
                 from payments_paymentsplit split
                 left join payments_merchantaccount account on account.id = split.account_id
                where split.payment_id = payment.id
                  and coalesce(account.number, payment.asked ->> 'account', '') = told.account_number
           )
), recorded as (
    insert into payments_paymentevent (id, payment_id, kind, provider_number, amount_fen, occurred_at, recorded_at, source, by_id)
    select event_id, payment_id, 'succeeded', provider_number, amount_fen, occurred_at, %(now)s::timestamptz, %(source)s, null
      from expected
), settled as (
    update payments_payment payment
       set state = 'succeeded', settled_at = %(now)s::timestamptz, provider_number = expected.provider_number, is_open_at_provider = false
      from expected
     where payment.id = expected.payment_id
)
select place, payment_id from expected
