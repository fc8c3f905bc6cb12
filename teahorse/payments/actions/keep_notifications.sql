-- Keeps messages that were found genuine (a JSON array, and their bodies in the same order), each once: one with an event or a nonce
-- that an accepted message had, or that a message before it in the array has, is not kept. Returns the keys of those that were.
-- In the order of events: of two batches with the same messages neither waits for the other while it holds what that one waits for.
insert into payments_notification (
    id, provider, provider_event_id, nonce, headers, body, verdict, reason, content, received_at, outcome, is_unmatched
)
select id, provider, event_id, nonce, headers, body, 'accepted', reason, content, received_at, '', false
  from rows from (
           jsonb_to_recordset(%(messages)s::jsonb) as (
               id uuid, provider text, event_id text, nonce text, headers jsonb, reason text, content jsonb, received_at timestamptz
           ),
           unnest(%(bodies)b::bytea[])
       ) as message (id, provider, event_id, nonce, headers, reason, content, received_at, body)
 order by provider, event_id, id
on conflict do nothing
returning id
