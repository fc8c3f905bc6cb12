"""Orders are paid when they are handed over: a group says so, its orders are agreed, what they owe is a balance."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0015_promises_are_counted"),
    ]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        pgtrigger.migrations.RemoveTrigger(
            model_name="balancedue",
            name="a_balance_stays_as_asked",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="ordergroup",
            name="a_group_stays_as_agreed",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="sellerorder",
            name="seller_order_states",
        ),
        migrations.AddField(
            model_name="ordergroup",
            name="is_paid_on_delivery",
            field=models.BooleanField(
                db_default=False, default=False, help_text="paid in cash where it is fetched, when it is handed over"
            ),
        ),
        migrations.AlterField(
            model_name="balancedue",
            name="kind",
            field=models.CharField(
                choices=[("weight", "Weight"), ("presale_balance", "Presale Balance"), ("on_delivery", "On Delivery")], max_length=16
            ),
        ),
        migrations.AlterField(
            model_name="sellernotice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("placed", "Placed"),
                    ("agreed", "Agreed"),
                    ("paid", "Paid"),
                    ("cancelled", "Cancelled"),
                    ("case", "Case"),
                    ("topped_up", "Topped Up"),
                    ("waived", "Waived"),
                ],
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="sellerorder",
            name="state",
            field=models.CharField(
                choices=[
                    ("pending_payment", "Pending Payment"),
                    ("agreed", "Agreed"),
                    ("presale_wait", "Presale Wait"),
                    ("paid", "Paid"),
                    ("preparing", "Preparing"),
                    ("closed", "Closed"),
                    ("expired", "Expired"),
                    ("cancelled", "Cancelled"),
                ],
                default="pending_payment",
                max_length=16,
            ),
        ),
        migrations.AddIndex(
            model_name="balancedue",
            index=models.Index(condition=models.Q(("state", "lapsed")), fields=["settled_at"], name="balance_lapsed_at"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="balancedue",
            trigger=pgtrigger.compiler.Trigger(
                name="a_balance_stays_as_asked",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."order_id" IS DISTINCT FROM (NEW."order_id") OR OLD."county_id" IS DISTINCT FROM (NEW."county_id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."amount_fen" IS DISTINCT FROM (NEW."amount_fen") OR OLD."asked_at" IS DISTINCT FROM (NEW."asked_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="c320c9a3d99ab73010e9dcb15b887ad4e5b41bec",
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
                name="a_balance_is_never_due_earlier",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (NEW."due_at" < (OLD."due_at") OR (NOT (OLD."kind" = \'on_delivery\') AND NEW."due_at" > (OLD."due_at")))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="a803accc136b9ce4fa3a0e09d8593422f27a3d6e",
                    operation="UPDATE",
                    pgid="pgtrigger_a_balance_is_never_due_earlier_5afb9",
                    table="orders_balancedue",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="ordergroup",
            trigger=pgtrigger.compiler.Trigger(
                name="a_group_stays_as_agreed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."goods_fen" IS DISTINCT FROM (NEW."goods_fen") OR OLD."discount_fen" IS DISTINCT FROM (NEW."discount_fen") OR OLD."freight_fen" IS DISTINCT FROM (NEW."freight_fen") OR OLD."total_fen" IS DISTINCT FROM (NEW."total_fen") OR OLD."placed_at" IS DISTINCT FROM (NEW."placed_at") OR OLD."is_paid_on_delivery" IS DISTINCT FROM (NEW."is_paid_on_delivery"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="ba9ec21c08eff4055f3f85ab8f9f937e0d7d8c91",
                    operation="UPDATE",
                    pgid="pgtrigger_a_group_stays_as_agreed_0ef7e",
                    table="orders_ordergroup",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sellerorder",
            trigger=pgtrigger.compiler.Trigger(
                name="seller_order_states",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{pending_payment:paid,pending_payment:expired,pending_payment:cancelled,expired:paid,pending_payment:presale_wait,expired:presale_wait,presale_wait:paid,presale_wait:cancelled,pending_payment:agreed,agreed:paid,agreed:preparing,agreed:cancelled,paid:preparing,paid:cancelled,preparing:closed,preparing:cancelled}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="d5742e406f5dd42803b1a5bcba8e8c45edbf8b8a",
                    operation="UPDATE",
                    pgid="pgtrigger_seller_order_states_83bd2",
                    table="orders_sellerorder",
                    when="BEFORE",
                ),
            ),
        ),
    ]
