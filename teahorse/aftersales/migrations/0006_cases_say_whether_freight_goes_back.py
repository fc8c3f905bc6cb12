"""A case says whether the freight goes back, also where the buyer paid none of it; an earlier one had the buyer's freight in it."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

HAD_FREIGHT = "update aftersales_aftersalecase set is_freight_back = true where freight_fen > 0"


class Migration(migrations.Migration):
    dependencies = [
        ("aftersales", "0005_cases_are_found_by_code_and_by_whose_turn_it_is"),
    ]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        pgtrigger.migrations.RemoveTrigger(
            model_name="aftersalecase",
            name="a_case_stays_as_asked",
        ),
        migrations.AddField(
            model_name="aftersalecase",
            name="is_freight_back",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="whether what was paid for sending goes back too, in the proportion of what is agreed: the buyer's part, and a budget's",
            ),
        ),
        migrations.RunSQL(HAD_FREIGHT, migrations.RunSQL.noop),
        migrations.RunSQL("set constraints all immediate", migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name="aftersalecase",
            trigger=pgtrigger.compiler.Trigger(
                name="a_case_stays_as_asked",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."order_id" IS DISTINCT FROM (NEW."order_id") OR OLD."county_id" IS DISTINCT FROM (NEW."county_id") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."story" IS DISTINCT FROM (NEW."story") OR OLD."worth_fen" IS DISTINCT FROM (NEW."worth_fen") OR OLD."freight_fen" IS DISTINCT FROM (NEW."freight_fen") OR OLD."is_freight_back" IS DISTINCT FROM (NEW."is_freight_back") OR OLD."asked_fen" IS DISTINCT FROM (NEW."asked_fen") OR OLD."opened_at" IS DISTINCT FROM (NEW."opened_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="b2f8f889fa6cd94e179212140f5e32689982d912",
                    operation="UPDATE",
                    pgid="pgtrigger_a_case_stays_as_asked_cb3d8",
                    table="aftersales_aftersalecase",
                    when="BEFORE",
                ),
            ),
        ),
    ]
