-- The way from things back to what they were made of (back), or on to what became of them (not back). Not a statement by itself: who
-- asks goes on from "reached", what was met and how far off, and from walk.turned, the transformations that led one step further.
--
-- It walks in breadth: a row of "walk" is one depth with all that it found, and beside it all that was found before, so that a loop
-- ends and a lattice costs no more than its edges. Three ways lead on: through a transformation, whole processes with one
-- transformationID together; into what a thing held; and into what it lay in, from packing to unpacking. What it lay in (carries) tells
-- where it was and leads on upwards only: its neighbours in the box are no kin. What may be filled again holds what it held up to
-- (or from) the moment that it was met.
with recursive declared as not materialized (
    select id, organisation_id, kind, happened_at, told_as, body from trace_traceevent where body ? 'errorDeclaration'
), fact as not materialized (
    -- what was taken back by its teller is no fact, nor is the taking back
    select id, kind, action, transformation, happened_at
      from trace_traceevent event
     where happened_at <= %(at)s::timestamptz
       and not body ? 'errorDeclaration'
       and not exists (
            select from declared
             where declared.happened_at = event.happened_at
               and declared.organisation_id = event.organisation_id
               and declared.kind = event.kind
               and case when event.told_as <> '' then declared.told_as = event.told_as
                        else declared.body - '{errorDeclaration,recordTime,eventID}'::text[] = event.body - '{recordTime}'::text[] end)
), hearsay as not materialized (
    -- what others than its seller say of a lot counts for nothing until she says that it is true
    select event_id, thing_id from trace_hearsay where not is_true
), walk (depth, things, spans, carry, froms, vias, turned, seen, seen_spans, seen_carry) as (
    select 0, array_agg(thing), array_agg('(,)'::tstzrange), array_agg(false), array_agg(null::uuid), array_agg(null::uuid),
           '{}'::uuid[], array_agg(thing), array_agg('(,)'::tstzrange), array_agg(false)
      from (select distinct alike.id as thing from unnest(%(things)s::uuid[]) asked (id), lateral (
                select asked.id
                union all select stands_for_id from trace_alias where thing_id = asked.id
                union all select other.thing_id from trace_alias other
                 where other.stands_for_id = coalesce((select stands_for_id from trace_alias where thing_id = asked.id), asked.id)) alike
           ) named
    having count(*) > 0
    union all
    select walk.depth + 1, next.things, next.spans, next.carry, next.froms, next.vias, next.turned,
           walk.seen || next.things, walk.seen_spans || next.spans, walk.seen_carry || next.carry
      from walk, lateral (
        with here as materialized (
            select * from unnest(walk.things, walk.spans, walk.carry) as here (thing, span, carries)
        ), told as materialized (
            -- one row for each transformation, however many of its things are here
            select distinct on (fact.id) fact.id, fact.transformation, here.thing, fact.happened_at <@ here.span as fits
              from here
              join trace_eventthing edge on edge.thing_id = here.thing and edge.role = case when %(back)s then 'output' else 'input' end
              join fact on fact.id = edge.event_id and (not here.carries or fact.happened_at <@ here.span)
             where not (%(back)s and here.carries)
               -- who says that she used a lot is believed, for a recall's sake; who says what a lot of others came of is not
               and not (%(back)s and exists (select from hearsay where event_id = edge.event_id and thing_id = edge.thing_id))
             order by fact.id, fits desc, here.thing
        ), process as materialized (
            select distinct on (id) id, thing, fits
              from (select id, thing, fits from told
                    union all
                    select fact.id, told.thing, told.fits from told join fact on fact.transformation = told.transformation
                     where told.transformation <> '' and fact.transformation <> '') part
             order by id, fits desc, thing
        ), kin as (
            select edge.thing_id as thing, edge.happened_at as met_at, process.thing as origin, process.id as via
              from process
              join trace_eventthing edge on edge.event_id = process.id and edge.role = case when %(back)s then 'input' else 'output' end
             where not exists (select from hearsay where event_id = edge.event_id and thing_id = edge.thing_id)
            union all
            select child.thing_id, child.happened_at, here.thing, fact.id
              from here
              join trace_eventthing parent on parent.thing_id = here.thing and parent.role = 'parent'
              join fact on fact.id = parent.event_id and fact.action in ('ADD', 'OBSERVE') and fact.happened_at <@ here.span
              join trace_eventthing child on child.event_id = fact.id and child.role = 'child'
             where not here.carries
               and not exists (select from hearsay where event_id = fact.id and thing_id in (parent.thing_id, child.thing_id))
               and (upper_inf(here.span) or not exists (
                    select from trace_eventthing leaving
                      join trace_eventthing out_of on out_of.event_id = leaving.event_id and out_of.thing_id = here.thing
                                                  and out_of.role = 'parent'
                      join fact unpacking on unpacking.id = leaving.event_id and unpacking.action = 'DELETE'
                     where leaving.thing_id = child.thing_id and leaving.role = 'child'
                       and leaving.happened_at > fact.happened_at and leaving.happened_at < upper(here.span)))
        ), carrier as (
            select parent.thing_id as thing, min(packed.happened_at) as since, unpacked.at as until, here.thing as origin,
                   (array_agg(packed.id order by packed.happened_at, packed.id))[1] as via
              from here
              join trace_eventthing child on child.thing_id = here.thing and child.role = 'child'
              join fact packed on packed.id = child.event_id and packed.action in ('ADD', 'OBSERVE') and packed.happened_at <@ here.span
              join trace_eventthing parent on parent.event_id = packed.id and parent.role = 'parent'
              left join lateral (
                    -- it is taken out by name, or the box is emptied
                    select min(unpacking.happened_at) as at
                      from trace_eventthing emptied
                      join fact unpacking on unpacking.id = emptied.event_id and unpacking.action = 'DELETE'
                     where emptied.thing_id = parent.thing_id and emptied.role = 'parent' and emptied.happened_at >= packed.happened_at
                       and (exists (select from trace_eventthing leaving where leaving.event_id = emptied.event_id
                                       and leaving.thing_id = here.thing and leaving.role = 'child')
                            or not exists (select from trace_eventthing leaving where leaving.event_id = emptied.event_id
                                              and leaving.role = 'child'))
              ) unpacked on true
             where not exists (select from hearsay where event_id = packed.id and thing_id in (child.thing_id, parent.thing_id))
             group by parent.thing_id, unpacked.at, here.thing
        ), found as (
            select kin.thing, false as carries, kin.origin, kin.via,
                   case when held.something is null then '(,)'::tstzrange
                        when %(back)s then tstzrange(null, kin.met_at, '(]')
                        else tstzrange(kin.met_at, null, '[)') end as span
              from kin
              left join lateral (
                select true as something from trace_eventthing held where held.thing_id = kin.thing and held.role = 'parent' limit 1
              ) held on true
            union all
            select thing, true, origin, via, tstzrange(since, until, '[]') from carrier
        ), named as (
            select distinct on (alike.id, found.span, found.carries) alike.id as thing, found.span, found.carries, found.origin, found.via
              from found left join trace_alias own on own.thing_id = found.thing, lateral (
                select found.thing as id
                union all select own.stands_for_id where own.stands_for_id is not null
                union all select other.thing_id from trace_alias other
                 where other.stands_for_id = coalesce(own.stands_for_id, found.thing)
              ) alike
             order by alike.id, found.span, found.carries, found.origin, found.via
        )
        select array_agg(thing) as things, array_agg(span) as spans, array_agg(carries) as carry,
               array_agg(origin) as froms, array_agg(via) as vias, array(select id from process where fits) as turned
          from named
         where not exists (
                select from unnest(walk.seen, walk.seen_spans, walk.seen_carry) as seen (thing, span, carries)
                 where seen.thing = named.thing and seen.carries = named.carries and seen.span @> named.span)
      ) next
     where next.things is not null or next.turned <> '{}'
), reached as materialized (
    select walk.depth, one.thing, one.span, one.carries, one.origin, one.via
      from walk, unnest(walk.things, walk.spans, walk.carry, walk.froms, walk.vias) as one (thing, span, carries, origin, via)
)
