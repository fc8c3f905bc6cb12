-- Keeps a message that was found genuine, once: one with an event or a nonce that an accepted message had is not kept.
-- Returns its key, or nothing.
insert into payments_notification (
    id, provider, provider_event_id, nonce, headers, body, verdict, reason, content, received_at, outcome, is_unmatched
)
values (
    %(id)s::uuid, %(provider)s, %(event_id)s, %(nonce)s, %(headers)s::jsonb, %(body)s, 'accepted', %(reason)s, %(content)s::jsonb,
    %(received_at)s::timestamptz, '', false
)
on conflict do nothing
returning id
