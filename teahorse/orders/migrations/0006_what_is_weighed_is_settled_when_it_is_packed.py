"""What goods weigh when they are packed, and what is owed after the first payment."""

import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
import teahorse.common.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0005_lines_keep_their_rule_for_returns"),
    ]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="orderline",
            name="nominal_grams",
            field=models.IntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="sellernotice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("placed", "Placed"),
                    ("paid", "Paid"),
                    ("cancelled", "Cancelled"),
                    ("case", "Case"),
                    ("topped_up", "Topped Up"),
                    ("waived", "Waived"),
                ],
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="Weighing",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("county_id", models.UUIDField(editable=False)),
                ("run_id", models.UUIDField()),
                ("nominal_grams", models.IntegerField()),
                ("actual_grams", models.IntegerField()),
                ("quoted_fen", models.BigIntegerField()),
                ("weighed_fen", models.BigIntegerField()),
                ("weighed_by_id", models.UUIDField(help_text="empty where a seller's system did it", null=True)),
                ("weighed_at", models.DateTimeField()),
                (
                    "line",
                    models.OneToOneField(
                        db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="weighing", to="orders.orderline"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BalanceDue",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("county_id", models.UUIDField(editable=False)),
                ("kind", models.CharField(choices=[("weight", "Weight"), ("presale_balance", "Presale Balance")], max_length=16)),
                ("amount_fen", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[("asked", "Asked"), ("paid", "Paid"), ("waived", "Waived"), ("lapsed", "Lapsed")],
                        default="asked",
                        max_length=8,
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                ("paid_by_id", models.UUIDField(help_text="the payment that paid it; another one goes back", null=True)),
                (
                    "order",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="balances",
                        to="orders.sellerorder",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("state", "asked")), fields=["due_at"], name="balance_to_settle")],
                "constraints": [
                    models.UniqueConstraint(fields=("order", "kind"), name="one_balance_per_order_and_kind"),
                    models.CheckConstraint(condition=models.Q(("amount_fen__gt", 0)), name="a_balance_is_of_something"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("paid_by_id__isnull", False), ("state", "paid")),
                            models.Q(models.Q(("state", "paid"), _negated=True), ("paid_by_id", None)),
                            _connector="OR",
                        ),
                        name="what_is_paid_knows_its_payment",
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="balancedue",
            trigger=pgtrigger.compiler.Trigger(
                name="a_balance_stays_as_asked",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."order_id" IS DISTINCT FROM (NEW."order_id") OR OLD."county_id" IS DISTINCT FROM (NEW."county_id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."amount_fen" IS DISTINCT FROM (NEW."amount_fen") OR OLD."asked_at" IS DISTINCT FROM (NEW."asked_at") OR OLD."due_at" IS DISTINCT FROM (NEW."due_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="6c13408a7a031fe7f7377ff256fa801fa08151f2",
                    operation="UPDATE",
                    pgid="pgtrigger_a_balance_stays_as_asked_5591f",
                    table="orders_balancedue",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="balancedue",
            trigger=pgtrigger.compiler.Trigger(
                name="a_balance_is_never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="d14af35e21a4e5575d301751cf1dbee39c78b220",
                    operation="DELETE",
                    pgid="pgtrigger_a_balance_is_never_deleted_5fb9c",
                    table="orders_balancedue",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="balancedue",
            trigger=pgtrigger.compiler.Trigger(
                name="balance_states",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{asked:paid,asked:waived,asked:lapsed}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="b238852a6057f5ff1ab82b1dbba7bb40adcb77eb",
                    operation="UPDATE",
                    pgid="pgtrigger_balance_states_4f233",
                    table="orders_balancedue",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="weighing",
            constraint=models.CheckConstraint(
                condition=models.Q(("actual_grams__gt", 0), ("nominal_grams__gt", 0)), name="what_is_weighed_has_a_weight"
            ),
        ),
        migrations.AddConstraint(
            model_name="weighing",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "weighed_fen",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(models.F("quoted_fen"), "*", models.F("actual_grams")),
                            "/",
                            models.F("nominal_grams"),
                        ),
                    )
                ),
                name="what_is_weighed_costs_its_weight",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="weighing",
            trigger=pgtrigger.compiler.Trigger(
                name="weighings_are_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="1704b07ff8cc006b20da818f77ff88d2f531a1ab",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_weighings_are_never_changed_7299d",
                    table="orders_weighing",
                    when="BEFORE",
                ),
            ),
        ),
    ]
