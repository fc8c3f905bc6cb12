-- Writes an attempt to pay with its splits (a JSON array), both or neither. That they add up is checked when the transaction ends
-- (splits_add_up_to_the_payment); a second open attempt, or a second one of this number, is refused by the constraints.
-- Returns the attempt as JSON.
with opened as (
    insert into payments_payment (
        id, reference, attempt, provider, method, our_number, provider_number, amount_fen, subject, state, asked, prompt,
        is_open_at_provider, trouble, created_at, expires_at, polled_at
    )
    values (
        %(id)s::uuid, %(reference)s::uuid, %(attempt)s::smallint, %(provider)s, %(method)s, %(our_number)s, '', %(amount_fen)s::bigint,
        %(subject)s, %(state)s, %(asked)s::jsonb, %(prompt)s::jsonb, false, '', %(created_at)s::timestamptz, %(expires_at)s::timestamptz,
        %(polled_at)s::timestamptz
    )
    returning *
), divided as (
    insert into payments_paymentsplit (id, payment_id, payee_id, reference, amount_fen)
    select split.id, opened.id, split.payee_id, split.reference, split.amount_fen
      from opened
     cross join jsonb_to_recordset(%(splits)s::jsonb) as split (id uuid, payee_id uuid, reference uuid, amount_fen bigint)
)
select row_to_json(opened)::text from opened
