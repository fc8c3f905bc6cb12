-- Writes an attempt to pay with its splits (a JSON array), both or neither. That they add up is checked when the transaction ends
-- (splits_add_up_to_the_payment); a second open attempt, or a second one of this number, is refused by the constraints.
-- Where the provider knows sub-merchants (most_parts > 0), each split is collected by its payee's active account there, else by
-- the house, and that is frozen on it; where more than one collects, the payment is combined and each part gets a number of its own.
-- Where sellers' own keys take what is theirs alone (own_keys), all of it is collected by its only payee's account with keys.
-- A combined payment of more parts than that is not written. Returns the attempt as JSON, or null, and how many parts cost something.
with split as (
    select * from jsonb_to_recordset(%(splits)s::jsonb) as split (id uuid, payee_id uuid, reference uuid, amount_fen bigint)
), part as (
    select split.id, split.payee_id, split.reference, split.amount_fen, account.id as account_id
      from split
      left join payments_merchantaccount account
        on account.organisation_id = split.payee_id and account.provider = %(provider)s and account.is_active
       and case when %(own_keys)s then account.sealed_keys <> '' and split.amount_fen > 0
                                       and (select count(distinct payee_id) from split where amount_fen > 0) = 1
                else %(most_parts)s::int > 0 and account.sealed_keys = '' end
), counted as (
    select count(distinct coalesce(account_id, '00000000-0000-0000-0000-000000000000')) > 1 as is_combined, count(*) as parts
      from part
     where amount_fen > 0
), opened as (
    insert into payments_payment (
        id, reference, attempt, provider, method, our_number, provider_number, amount_fen, subject, state, asked, prompt,
        is_open_at_provider, is_combined, trouble, created_at, expires_at, polled_at
    )
    select %(id)s::uuid, %(reference)s::uuid, %(attempt)s::smallint, %(provider)s, %(method)s, %(our_number)s, '', %(amount_fen)s::bigint,
           %(subject)s, %(state)s, %(asked)s::jsonb, %(prompt)s::jsonb, false, counted.is_combined, '', %(created_at)s::timestamptz,
           %(expires_at)s::timestamptz, %(polled_at)s::timestamptz
      from counted
     where not counted.is_combined or counted.parts <= %(most_parts)s::int
    returning *
), divided as (
    insert into payments_paymentsplit (id, payment_id, payee_id, reference, amount_fen, account_id, our_number, provider_number)
    select part.id, opened.id, part.payee_id, part.reference, part.amount_fen, part.account_id,
           case when opened.is_combined and part.amount_fen > 0 then replace(part.id::text, '-', '') else '' end, ''
      from opened
     cross join part
)
select (select row_to_json(opened)::text from opened), counted.parts from counted
