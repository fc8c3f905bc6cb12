import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import teahorse.common.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trace", "0012_sheets_say_why_there_are_more_labels_than_pieces"),
    ]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Retelling",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("county_id", models.UUIDField(editable=False)),
                ("organisation_id", models.UUIDField()),
                ("job_id", models.UUIDField()),
                ("told_at", models.DateTimeField()),
                (
                    "event",
                    models.ForeignKey(
                        db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="trace.traceevent"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organisation_id", "told_at"], name="retelling_as_it_came")],
                "constraints": [
                    models.UniqueConstraint(fields=("organisation_id", "event"), name="an_organisation_tells_an_event_again_once")
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="retelling",
            trigger=pgtrigger.compiler.Trigger(
                name="what_was_told_again_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="74dedc57ebb102dc67c694bc9498b6ae068a8cae",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_what_was_told_again_stays_ab9f1",
                    table="trace_retelling",
                    when="BEFORE",
                ),
            ),
        ),
    ]
