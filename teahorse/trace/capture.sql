-- Keep events with what they tell of; return the keys of those that are new.
-- An event that was told before is left as it is, and so are its edges. Rows come in the order of their keys, so two captures of the
-- same things wait for each other in one order.
with told as (
    select * from jsonb_to_recordset(%(events)s::jsonb) as event (
        id uuid, digest text, happened_at timestamptz, kind text, action text, step text, disposition text,
        read_point text, location text, transformation text, told_as text, body jsonb, context jsonb)
), met as (
    insert into trace_thing (id, uri, level)
    select id, uri, level from unnest(%(things)s::uuid[], %(uris)b::text[], %(levels)b::text[]) as thing (id, uri, level)
     order by id
    on conflict (id) do nothing
), kept as (
    insert into trace_traceevent (id, county_id, digest, organisation_id, captured_by_id, job_id, recorded_at, happened_at, kind, action,
                                  step, disposition, read_point, location, transformation, told_as, body, context)
    select id, %(county)s::uuid, decode(digest, 'hex'), %(organisation)s::uuid, %(person)s::uuid, %(job)s::uuid, %(now)s::timestamptz,
           happened_at, kind, action, step, disposition, read_point, location, transformation, told_as, body, context
      from told
     order by id
    on conflict (id) do nothing
    returning id, happened_at
), tied as (
    insert into trace_eventthing (thing_id, event_id, role, quantity, unit, happened_at)
    select edge.thing, kept.id, edge.role, edge.quantity, edge.unit, kept.happened_at
      from unnest(%(edge_things)s::uuid[], %(edge_events)s::uuid[], %(edge_roles)b::text[], %(edge_quantities)b::numeric[],
                  %(edge_units)b::text[]) as edge (thing, event, role, quantity, unit)
      join kept on kept.id = edge.event
)
select id from kept
