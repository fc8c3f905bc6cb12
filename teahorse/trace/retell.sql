-- Write down who tells events that another one told before (%(events)s: keys, all of them there); return those that are new to her.
-- What a seller now tells of her own lot herself is no hearsay any more, whoever told it first.
with again as (
    insert into trace_retelling (id, county_id, event_id, organisation_id, job_id, told_at)
    select gen_random_uuid(), %(county)s::uuid, event.id, %(organisation)s::uuid, %(job)s::uuid, %(now)s::timestamptz
      from trace_traceevent event
     where event.id = any(%(events)s::uuid[]) and event.organisation_id <> %(organisation)s::uuid
     order by event.id
    on conflict (organisation_id, event_id) do nothing
    returning event_id
), believed as (
    update trace_hearsay said set is_true = true, decided_at = %(now)s::timestamptz, decided_by_id = %(person)s::uuid
      from again, trace_lot lot
     where said.event_id = again.event_id and lot.id = said.lot_id and lot.seller_id = %(organisation)s::uuid
)
select event_id from again
