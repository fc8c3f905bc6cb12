"""The cost of sending is always there, is borne up to itself, and stays as agreed."""

import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0009_earlier_freight_is_the_buyers"),
    ]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        pgtrigger.migrations.RemoveTrigger(
            model_name="sellerorder",
            name="an_order_stays_as_agreed",
        ),
        migrations.AlterField(
            model_name="sellerorder",
            name="freight_cost_fen",
            field=models.BigIntegerField(help_text="what sending costs, whoever bears it: what nobody else does, the seller"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sellerorder",
            trigger=pgtrigger.compiler.Trigger(
                name="an_order_stays_as_agreed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."group_id" IS DISTINCT FROM (NEW."group_id") OR OLD."seller_id" IS DISTINCT FROM (NEW."seller_id") OR OLD."county_id" IS DISTINCT FROM (NEW."county_id") OR OLD."goods_fen" IS DISTINCT FROM (NEW."goods_fen") OR OLD."discount_fen" IS DISTINCT FROM (NEW."discount_fen") OR OLD."freight_fen" IS DISTINCT FROM (NEW."freight_fen") OR OLD."freight_cost_fen" IS DISTINCT FROM (NEW."freight_cost_fen") OR OLD."freight_subsidy_fen" IS DISTINCT FROM (NEW."freight_subsidy_fen") OR OLD."freight_payer_id" IS DISTINCT FROM (NEW."freight_payer_id") OR OLD."total_fen" IS DISTINCT FROM (NEW."total_fen") OR OLD."fees_fen" IS DISTINCT FROM (NEW."fees_fen") OR OLD."deposit_fen" IS DISTINCT FROM (NEW."deposit_fen") OR OLD."harvest_sale_id" IS DISTINCT FROM (NEW."harvest_sale_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="d541f10120f12f4dd0fbd2d00335d59067114521",
                    operation="UPDATE",
                    pgid="pgtrigger_an_order_stays_as_agreed_f0e9e",
                    table="orders_sellerorder",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="sellerorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "freight_cost_fen__gte",
                        django.db.models.expressions.CombinedExpression(models.F("freight_fen"), "+", models.F("freight_subsidy_fen")),
                    ),
                    ("freight_fen__gte", 0),
                    ("freight_subsidy_fen__gte", 0),
                ),
                name="freight_is_borne_up_to_its_cost",
            ),
        ),
        migrations.AddConstraint(
            model_name="sellerorder",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("freight_payer_id", None), ("freight_subsidy_fen", 0)),
                    models.Q(("freight_payer_id__isnull", False), ("freight_subsidy_fen__gt", 0)),
                    _connector="OR",
                ),
                name="a_freight_subsidy_has_who_bears_it",
            ),
        ),
    ]
