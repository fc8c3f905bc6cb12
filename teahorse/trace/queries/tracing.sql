-- All that the way (walking.sql) holds: every thing and every event on it, each once, nearest first.
, events as (
    select fact.id, reached.depth
      from reached
      join trace_eventthing edge on edge.thing_id = reached.thing
                                and edge.role = any(case when reached.carries then '{object,child}'::text[] else '{object,child,parent}'::text[] end)
      join fact on fact.id = edge.event_id and fact.happened_at <@ reached.span
     where not exists (select from hearsay where event_id = edge.event_id and thing_id = edge.thing_id)
    union all
    select turned.id, walk.depth - 1 from walk, unnest(walk.turned) as turned (id)
)
(select distinct on (reached.thing) 'thing' as what, reached.thing, reached.depth, reached.carries, reached.origin, reached.via,
        coalesce(thing.uri, ''), coalesce(thing.level, '')
   from reached left join trace_thing thing on thing.id = reached.thing
  order by reached.thing, reached.carries, reached.depth)
union all
(select 'event', id, min(depth), null, null, null, '', '' from events group by id)
order by 1, 3, 2
