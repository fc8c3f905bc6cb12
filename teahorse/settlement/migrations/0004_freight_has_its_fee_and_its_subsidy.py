"""Who carries may get what sending costs, and a budget's part of it stands apart from its discounts."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("settlement", "0003_the_books_are_compared_on_demand"),
    ]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        pgtrigger.migrations.RemoveTrigger(
            model_name="subsidyline",
            name="a_subsidy_stays_as_frozen",
        ),
        migrations.RemoveConstraint(
            model_name="feerule",
            name="a_fee_is_no_more_than_the_whole",
        ),
        migrations.RemoveConstraint(
            model_name="subsidyline",
            name="one_subsidy_per_bearer_and_sale",
        ),
        migrations.AddField(
            model_name="subsidyline",
            name="kind",
            field=models.CharField(
                choices=[("discount", "Discount"), ("freight", "Freight")], db_default="discount", default="discount", max_length=8
            ),
        ),
        migrations.AlterField(
            model_name="feerule",
            name="basis",
            field=models.CharField(
                choices=[
                    ("goods", "basis points of the goods"),
                    ("paid", "basis points of goods and freight"),
                    ("order", "fen an order"),
                    ("kg", "fen a kilogram begun"),
                    ("freight", "basis points of what sending costs"),
                ],
                max_length=8,
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="subsidyline",
            trigger=pgtrigger.compiler.Trigger(
                name="a_subsidy_stays_as_frozen",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."amount_fen" IS DISTINCT FROM (NEW."amount_fen") OR OLD."sale_id" IS DISTINCT FROM (NEW."sale_id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."bearer_id" IS DISTINCT FROM (NEW."bearer_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="20cd5a78fa1c399e4fb1cae48214a08be116e27a",
                    operation="UPDATE",
                    pgid="pgtrigger_a_subsidy_stays_as_frozen_5beec",
                    table="settlement_subsidyline",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="feerule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("basis__in", ("goods", "paid", "freight")), _negated=True), ("rate__lte", 10000), _connector="OR"
                ),
                name="a_fee_is_no_more_than_the_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="feerule",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("basis", "freight"), _negated=True), ("kind", "freight"), _connector="OR"),
                name="the_cost_of_sending_is_for_who_carries",
            ),
        ),
        migrations.AddConstraint(
            model_name="subsidyline",
            constraint=models.UniqueConstraint(
                fields=("sale", "kind", "bearer_id"), name="one_subsidy_per_kind_bearer_and_sale", nulls_distinct=False
            ),
        ),
    ]
