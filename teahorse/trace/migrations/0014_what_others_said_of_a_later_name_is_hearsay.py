import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("trace", "0013_events_that_others_told_before_are_hers_to_read_too"),
    ]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name="alias",
            trigger=pgtrigger.compiler.Trigger(
                name="what_others_said_of_a_later_name_is_hearsay",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        insert into trace_hearsay (id, county_id, event_id, thing_id, lot_id, teller_id, is_true, noticed_at)\n        select distinct on (edge.event_id, edge.thing_id) gen_random_uuid(), lot.county_id, edge.event_id, edge.thing_id, lot.id,\n               event.organisation_id, false, given.since_at\n          from given\n          join trace_lot lot on lot.thing_id = given.thing_id\n          join trace_eventthing edge on edge.thing_id = given.stands_for_id\n          join trace_traceevent event on event.id = edge.event_id\n          join people_organisation teller on teller.id = event.organisation_id\n         where lot.seller_id <> event.organisation_id\n           and not exists (\n                select from trace_telling handing\n                  join trace_eventthing handed on handed.event_id = handing.event_id and handed.thing_id = lot.thing_id\n                 where handing.handed_to_id = event.organisation_id\n                   and not exists (select from trace_telling later where later.corrects_id = handing.id))\n           and not exists (\n                select from trace_retelling again where again.event_id = event.id and again.organisation_id = lot.seller_id)\n         order by edge.event_id, edge.thing_id\n        on conflict do nothing;\n        return null;\n    ",
                    hash="ccd6ca3f7d3fe5fea0d7d621a8c8149c77ff11f5",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_what_others_said_of_a_later_name_is_hearsay_002e7",
                    referencing="REFERENCING NEW TABLE AS given ",
                    table="trace_alias",
                    when="AFTER",
                ),
            ),
        ),
    ]
