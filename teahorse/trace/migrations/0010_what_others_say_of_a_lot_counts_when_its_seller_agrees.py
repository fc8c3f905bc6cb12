import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import teahorse.common.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0004_a_right_over_stories"),
        ("trace", "0009_neighbours_look_on_each_others_logs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Hearsay",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("county_id", models.UUIDField(editable=False)),
                ("event_id", models.UUIDField()),
                ("thing_id", models.UUIDField()),
                ("is_true", models.BooleanField(default=False)),
                ("noticed_at", models.DateTimeField()),
                ("decided_at", models.DateTimeField(null=True)),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="eventthing",
            trigger=pgtrigger.compiler.Trigger(
                name="what_others_say_of_a_lot_is_hearsay",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        insert into trace_hearsay (id, county_id, event_id, thing_id, lot_id, teller_id, is_true, noticed_at)\n        select distinct on (told.event_id, told.thing_id) gen_random_uuid(), lot.county_id, told.event_id, told.thing_id, lot.id,\n               event.organisation_id, false, event.recorded_at\n          from told\n          cross join lateral (\n                select own.id, own.county_id, own.seller_id, own.thing_id from trace_lot own where own.thing_id = told.thing_id\n                union all\n                select own.id, own.county_id, own.seller_id, own.thing_id\n                  from trace_alias alias join trace_lot own on own.thing_id = alias.thing_id\n                 where alias.stands_for_id = told.thing_id\n                union all\n                select own.id, own.county_id, own.seller_id, own.thing_id\n                  from trace_labelcode code join trace_lot own on own.id = code.lot_id\n                 where code.thing_id = told.thing_id) lot\n          join trace_traceevent event on event.id = told.event_id\n          join people_organisation teller on teller.id = event.organisation_id\n         where lot.seller_id <> event.organisation_id\n           and not exists (\n                select from trace_telling handing\n                  join trace_eventthing handed on handed.event_id = handing.event_id and handed.thing_id = lot.thing_id\n                 where handing.handed_to_id = event.organisation_id\n                   and not exists (select from trace_telling later where later.corrects_id = handing.id))\n         order by told.event_id, told.thing_id, lot.id\n        on conflict do nothing;\n        return null;\n    ",
                    hash="4f511433823ff417f55db8881a83a5d759f97a1d",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_what_others_say_of_a_lot_is_hearsay_16d4d",
                    referencing="REFERENCING NEW TABLE AS told ",
                    table="trace_eventthing",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="lot",
            trigger=pgtrigger.compiler.Trigger(
                name="what_others_said_of_a_lot_before_is_hearsay",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        insert into trace_hearsay (id, county_id, event_id, thing_id, lot_id, teller_id, is_true, noticed_at)\n        select distinct on (edge.event_id, edge.thing_id) gen_random_uuid(), made.county_id, edge.event_id, edge.thing_id, made.id,\n               event.organisation_id, false, made.created_at\n          from made\n          join trace_eventthing edge on edge.thing_id = made.thing_id\n          join trace_traceevent event on event.id = edge.event_id\n          join people_organisation teller on teller.id = event.organisation_id\n         where made.seller_id <> event.organisation_id\n         order by edge.event_id, edge.thing_id\n        on conflict do nothing;\n        return null;\n    ",
                    hash="5e99874b83049107dac4b8a2ec902ba53310cddb",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_what_others_said_of_a_lot_before_is_hearsay_60fd7",
                    referencing="REFERENCING NEW TABLE AS made ",
                    table="trace_lot",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="hearsay",
            name="decided_by",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name="hearsay",
            name="lot",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="trace.lot"),
        ),
        migrations.AddField(
            model_name="hearsay",
            name="teller",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.organisation"),
        ),
        migrations.AddIndex(
            model_name="hearsay",
            index=models.Index(condition=models.Q(("decided_at", None)), fields=["lot"], name="hearsay_to_decide"),
        ),
        migrations.AddIndex(
            model_name="hearsay",
            index=models.Index(condition=models.Q(("is_true", False)), fields=["event_id", "thing_id"], name="hearsay_that_counts_not"),
        ),
        migrations.AddConstraint(
            model_name="hearsay",
            constraint=models.UniqueConstraint(fields=("event_id", "thing_id"), name="hearsay_is_written_down_once"),
        ),
    ]
