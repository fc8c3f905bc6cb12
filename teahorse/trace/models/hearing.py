"""
How hearsay is noticed: by the database itself, whichever way events and lots come in.

A lot goes by its own name, by a later one (alias), and by the names of its labelled pieces.
"""

import pgtrigger

WHEN_EVENTS_COME = pgtrigger.Trigger(
    name="what_others_say_of_a_lot_is_hearsay",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="told"),
    func="""
        insert into trace_hearsay (id, county_id, event_id, thing_id, lot_id, teller_id, is_true, noticed_at)
        select distinct on (told.event_id, told.thing_id) gen_random_uuid(), lot.county_id, told.event_id, told.thing_id, lot.id,
               event.organisation_id, false, event.recorded_at
          from told
          cross join lateral (
                select own.id, own.county_id, own.seller_id, own.thing_id from trace_lot own where own.thing_id = told.thing_id
                union all
                select own.id, own.county_id, own.seller_id, own.thing_id
                  from trace_alias alias join trace_lot own on own.thing_id = alias.thing_id
                 where alias.stands_for_id = told.thing_id
                union all
                select own.id, own.county_id, own.seller_id, own.thing_id
                  from trace_labelcode code join trace_lot own on own.id = code.lot_id
                 where code.thing_id = told.thing_id) lot
          join trace_traceevent event on event.id = told.event_id
          join people_organisation teller on teller.id = event.organisation_id
         where lot.seller_id <> event.organisation_id
           and not exists (
                select from trace_telling handing
                  join trace_eventthing handed on handed.event_id = handing.event_id and handed.thing_id = lot.thing_id
                 where handing.handed_to_id = event.organisation_id
                   and not exists (select from trace_telling later where later.corrects_id = handing.id))
         order by told.event_id, told.thing_id, lot.id
        on conflict do nothing;
        return null;
    """,
)
WHEN_LOTS_ARE_MADE = pgtrigger.Trigger(
    name="what_others_said_of_a_lot_before_is_hearsay",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="made"),
    func="""
        insert into trace_hearsay (id, county_id, event_id, thing_id, lot_id, teller_id, is_true, noticed_at)
        select distinct on (edge.event_id, edge.thing_id) gen_random_uuid(), made.county_id, edge.event_id, edge.thing_id, made.id,
               event.organisation_id, false, made.created_at
          from made
          join trace_eventthing edge on edge.thing_id = made.thing_id
          join trace_traceevent event on event.id = edge.event_id
          join people_organisation teller on teller.id = event.organisation_id
         where made.seller_id <> event.organisation_id
         order by edge.event_id, edge.thing_id
        on conflict do nothing;
        return null;
    """,
)
WHEN_ALIASES_ARE_GIVEN = pgtrigger.Trigger(
    name="what_others_said_of_a_later_name_is_hearsay",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    referencing=pgtrigger.Referencing(new="given"),
    func="""
        insert into trace_hearsay (id, county_id, event_id, thing_id, lot_id, teller_id, is_true, noticed_at)
        select distinct on (edge.event_id, edge.thing_id) gen_random_uuid(), lot.county_id, edge.event_id, edge.thing_id, lot.id,
               event.organisation_id, false, given.since_at
          from given
          join trace_lot lot on lot.thing_id = given.thing_id
          join trace_eventthing edge on edge.thing_id = given.stands_for_id
          join trace_traceevent event on event.id = edge.event_id
          join people_organisation teller on teller.id = event.organisation_id
         where lot.seller_id <> event.organisation_id
           and not exists (
                select from trace_telling handing
                  join trace_eventthing handed on handed.event_id = handing.event_id and handed.thing_id = lot.thing_id
                 where handing.handed_to_id = event.organisation_id
                   and not exists (select from trace_telling later where later.corrects_id = handing.id))
           and not exists (
                select from trace_retelling again where again.event_id = event.id and again.organisation_id = lot.seller_id)
         order by edge.event_id, edge.thing_id
        on conflict do nothing;
        return null;
    """,
)
