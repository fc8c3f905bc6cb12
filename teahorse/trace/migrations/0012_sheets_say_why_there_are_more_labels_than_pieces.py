import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trace", "0011_what_pages_show_of_an_event_is_logged"),
    ]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        pgtrigger.migrations.RemoveTrigger(
            model_name="labelsheet",
            name="a_label_says_what_it_said",
        ),
        migrations.AddField(
            model_name="labelsheet",
            name="why_more",
            field=models.CharField(blank=True, help_text="why there are more labels than pieces of the lot", max_length=200),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="labelsheet",
            trigger=pgtrigger.compiler.Trigger(
                name="a_label_says_what_it_said",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."seller_id" IS DISTINCT FROM (NEW."seller_id") OR OLD."lot_id" IS DISTINCT FROM (NEW."lot_id") OR OLD."form" IS DISTINCT FROM (NEW."form") OR OLD."level" IS DISTINCT FROM (NEW."level") OR OLD."count" IS DISTINCT FROM (NEW."count") OR OLD."why_more" IS DISTINCT FROM (NEW."why_more") OR OLD."frozen" IS DISTINCT FROM (NEW."frozen") OR OLD."asked_at" IS DISTINCT FROM (NEW."asked_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="d10b1edcbf527f97a48389f5a3ce05b92eba0bd4",
                    operation="UPDATE",
                    pgid="pgtrigger_a_label_says_what_it_said_9e450",
                    table="trace_labelsheet",
                    when="BEFORE",
                ),
            ),
        ),
    ]
