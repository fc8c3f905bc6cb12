"""An earning goes from maturing to payable and nowhere else, as its trigger's condition says; nobody asks for a seller's by time."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("settlement", "0004_freight_has_its_fee_and_its_subsidy"),
    ]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        pgtrigger.migrations.RemoveTrigger(
            model_name="earning",
            name="earning_states",
        ),
        migrations.RemoveIndex(
            model_name="earning",
            name="earning_of_seller",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="earning",
            trigger=pgtrigger.compiler.Trigger(
                name="an_earning_only_matures",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."state" IS DISTINCT FROM (NEW."state") AND NOT (NEW."state" = \'payable\' AND OLD."state" = \'maturing\'))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="0490a9618a0b838fe1abb0c96083548445b8f68a",
                    operation="UPDATE",
                    pgid="pgtrigger_an_earning_only_matures_62526",
                    table="settlement_earning",
                    when="BEFORE",
                ),
            ),
        ),
    ]
