-- Write entries with their postings, and the accounts that are missing; return the keys of the entries that are new.
-- A fact (kind, source_id) that is booked already is left as it is, its postings too. Triggers weigh the entries at the end of this
-- statement and move the balances, whose rows are locked in the order of their keys.
-- Postings name their entry and their account by the place in the list of those, from 1.
with missing as (
    insert into ledger_ledgeraccount (id, purpose, owner_id, county_id, balance_fen)
    select id, purpose, owner_id, county_id, 0
      from unnest(%(accounts)b::uuid[], %(purposes)b::text[], %(owners)b::uuid[], %(counties)b::uuid[]) as wanted (id, purpose, owner_id, county_id)
     where not exists (select from ledger_ledgeraccount account where account.id = wanted.id)
     order by id
    on conflict do nothing
), written as (
    insert into ledger_journalentry (id, kind, source_id, occurred_at, booked_at, memo, reverses_id, is_whole)
    select id, kind, source_id, occurred_at, %(now)s, memo, reverses_id, true
      from unnest(%(entries)s::uuid[], %(kinds)b::text[], %(sources)s::uuid[], %(times)b::timestamptz[], %(memos)b::text[], %(reverses)s::uuid[])
        as given (id, kind, source_id, occurred_at, memo, reverses_id)
     order by kind, source_id
    on conflict (kind, source_id) do nothing
    returning id, occurred_at
), posted as (
    insert into ledger_posting (entry_id, position, account_id, amount_fen, occurred_at)
    select written.id, position, (%(accounts)b::uuid[])[on_account], amount_fen, occurred_at
      from unnest(%(of_entries)s::integer[], %(positions)s::smallint[], %(on_accounts)s::integer[], %(fen)s::bigint[])
        as line (of_entry, position, on_account, amount_fen)
      join written on written.id = (%(entries)s::uuid[])[of_entry]
)
select id from written
