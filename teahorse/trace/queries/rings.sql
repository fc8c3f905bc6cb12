-- What a teller's own transformations, from the new ones (events) on, make of what: rows of process, event, digest, role, thing.
--
-- A process is an event, or all events with one transformationID. What was taken back counts for nothing (as in walking.sql), what other
-- tellers say neither: nobody's event keeps another's out, and nobody learns of another's. A thing goes by the name that it has now
-- (alias); a kind of goods is made of itself every day and is left out.
--
-- How many events a step leads to nobody can guess beforehand; "offset 0" has each looked up by its key, whatever the planner guesses.
with recursive declared as not materialized (
    select organisation_id, kind, happened_at, told_as, body from trace_traceevent where body ? 'errorDeclaration'
), fact as not materialized (
    select id, digest, coalesce(nullif(transformation, ''), id::text) as process, transformation
      from trace_traceevent event
     where kind = 'TransformationEvent'
       and (organisation_id = %(organisation)s::uuid
            or exists (select from trace_retelling again where again.event_id = event.id and again.organisation_id = %(organisation)s::uuid))
       and not body ? 'errorDeclaration'
       and not exists (
            select from declared
             where declared.happened_at = event.happened_at
               and declared.organisation_id = event.organisation_id
               and declared.kind = event.kind
               and case when event.told_as <> '' then declared.told_as = event.told_as
                        else declared.body - '{errorDeclaration,recordTime,eventID}'::text[] = event.body - '{recordTime}'::text[] end)
), met (process, transformation, event, digest) as (
    select process, transformation, id, digest from fact where id = any(%(events)s::uuid[])
    union
    select next.process, next.transformation, next.id, next.digest
      from met
     cross join lateral (
        select mate.id
          from trace_traceevent mate
         where met.transformation <> '' and mate.transformation <> '' and mate.transformation = met.transformation
        union
        select used.event_id
          from trace_eventthing made
          join trace_thing thing on thing.id = made.thing_id and thing.level <> 'class'
          left join trace_alias alias on alias.thing_id = made.thing_id
          cross join lateral (
                select coalesce(alias.stands_for_id, made.thing_id) as thing
                union all
                select other.thing_id from trace_alias other where other.stands_for_id = coalesce(alias.stands_for_id, made.thing_id)) alike
          join trace_eventthing used on used.thing_id = alike.thing and used.role = 'input'
         where made.event_id = met.event and made.role = 'output'
     ) near
     cross join lateral (select process, transformation, id, digest from fact where fact.id = near.id offset 0) next
)
select met.process, met.event, met.digest, edge.role, edge.thing, edge.uri
  from met
 cross join lateral (
    select told.role, told.thing_id, coalesce(alias.stands_for_id, told.thing_id) as thing, thing.uri
      from trace_eventthing told
      join trace_thing thing on thing.id = told.thing_id and thing.level <> 'class'
      left join trace_alias alias on alias.thing_id = told.thing_id
     where told.event_id = met.event and told.role in ('input', 'output')
    offset 0
 ) edge
 order by met.event, edge.role, edge.thing_id
