"""Combined payments have parts with numbers of their own; what sellers collect is shared out and taken back; bills of the providers are kept."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import teahorse.common.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("payments", "0003_sellers_have_merchant_accounts"),
    ]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="ProviderBill",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("provider", models.CharField(max_length=20)),
                ("day", models.DateField(help_text="a day of Beijing")),
                ("fetched_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ProviderBillRow",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("payment", "Payment"), ("refund", "Refund"), ("fund_in", "Fund In"), ("fund_out", "Fund Out")],
                        max_length=10,
                    ),
                ),
                ("our_number", models.CharField(blank=True, max_length=64)),
                ("refund_number", models.CharField(blank=True, max_length=64)),
                ("provider_number", models.CharField(max_length=64)),
                ("amount_fen", models.BigIntegerField()),
                ("fee_fen", models.BigIntegerField(default=0)),
                ("occurred_at", models.DateTimeField()),
                ("account_number", models.CharField(blank=True, help_text="who collected it; empty for the house", max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name="ShareLine",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("amount_fen", models.BigIntegerField()),
                ("description", models.CharField(max_length=80)),
                (
                    "state",
                    models.CharField(
                        choices=[("requested", "Requested"), ("succeeded", "Succeeded"), ("failed", "Failed")],
                        default="requested",
                        max_length=10,
                    ),
                ),
                ("trouble", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="ShareReturn",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("our_number", models.CharField(help_text="out_return_no", max_length=40, unique=True)),
                ("amount_fen", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "Requested"),
                            ("sent", "Sent"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("dropped", "Dropped"),
                        ],
                        default="requested",
                        max_length=10,
                    ),
                ),
                ("trouble", models.CharField(blank=True, max_length=200)),
                ("requested_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(help_text="when the provider is asked next")),
                ("tries", models.SmallIntegerField(default=0)),
                ("settled_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Sharing",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("our_number", models.CharField(help_text="out_order_no", max_length=40, unique=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("requested", "Requested"), ("sent", "Sent"), ("finished", "Finished"), ("failed", "Failed")],
                        default="requested",
                        max_length=10,
                    ),
                ),
                ("trouble", models.CharField(blank=True, help_text="what the provider said last, if it was no yes", max_length=200)),
                ("requested_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(help_text="when the provider is asked next")),
                ("tries", models.SmallIntegerField(default=0)),
                ("settled_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="payment",
            name="is_combined",
            field=models.BooleanField(db_default=False, default=False, help_text="several collect: each part is an order of its own there"),
        ),
        migrations.AddField(
            model_name="paymentsplit",
            name="account",
            field=models.ForeignKey(
                help_text="who collects it, as it was when the payment began; none: the house",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="payments.merchantaccount",
            ),
        ),
        migrations.AddField(
            model_name="paymentsplit",
            name="our_number",
            field=models.CharField(blank=True, db_default="", help_text="out_trade_no of a combined payment's part", max_length=32),
        ),
        migrations.AddField(
            model_name="paymentsplit",
            name="provider_number",
            field=models.CharField(blank=True, db_default="", help_text="transaction_id of a combined payment's part", max_length=64),
        ),
        migrations.AddConstraint(
            model_name="paymentsplit",
            constraint=models.UniqueConstraint(
                condition=models.Q(("our_number", ""), _negated=True), fields=("our_number",), name="a_part_is_known_by_one_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="providerbill",
            constraint=models.UniqueConstraint(fields=("provider", "day"), name="one_bill_per_provider_and_day"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="providerbill",
            trigger=pgtrigger.compiler.Trigger(
                name="bills_are_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="432093e66a3249b8ddff767dae6ef771cefbcae5",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_bills_are_never_changed_a5e69",
                    table="payments_providerbill",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddField(
            model_name="providerbillrow",
            name="bill",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="rows", to="payments.providerbill"),
        ),
        migrations.AddField(
            model_name="shareline",
            name="account",
            field=models.ForeignKey(
                help_text="who receives it; none: the house",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="payments.merchantaccount",
            ),
        ),
        migrations.AddField(
            model_name="sharereturn",
            name="line",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="returns", to="payments.shareline"),
        ),
        migrations.AddField(
            model_name="sharereturn",
            name="refund",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="returns", to="payments.refund"),
        ),
        migrations.AddField(
            model_name="sharing",
            name="split",
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="sharing", to="payments.paymentsplit"),
        ),
        migrations.AddField(
            model_name="shareline",
            name="sharing",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="payments.sharing"),
        ),
        migrations.AddIndex(
            model_name="providerbillrow",
            index=models.Index(fields=["our_number"], name="bill_row_by_our_number"),
        ),
        migrations.AddIndex(
            model_name="providerbillrow",
            index=models.Index(
                condition=models.Q(("refund_number", ""), _negated=True), fields=["refund_number"], name="bill_row_by_refund_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="providerbillrow",
            constraint=models.UniqueConstraint(fields=("bill", "kind", "provider_number"), name="a_movement_stands_once_on_a_bill"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="providerbillrow",
            trigger=pgtrigger.compiler.Trigger(
                name="bill_rows_are_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="8720cdeb3dc6b55b0ac75768bb93fb3c03c73c3d",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_bill_rows_are_never_changed_c158b",
                    table="payments_providerbillrow",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="sharereturn",
            index=models.Index(condition=models.Q(("state__in", ("requested", "sent"))), fields=["due_at"], name="return_to_send"),
        ),
        migrations.AddConstraint(
            model_name="sharereturn",
            constraint=models.UniqueConstraint(fields=("line", "refund"), name="one_return_per_share_and_refund"),
        ),
        migrations.AddConstraint(
            model_name="sharereturn",
            constraint=models.CheckConstraint(condition=models.Q(("amount_fen__gt", 0)), name="a_return_is_of_something"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sharereturn",
            trigger=pgtrigger.compiler.Trigger(
                name="never_take_back_more_than_was_shared",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE shared bigint;",
                    func="\n                    select amount_fen into shared from payments_shareline where id = new.line_id for update;\n                    if new.amount_fen + (\n                        select coalesce(sum(amount_fen), 0) from payments_sharereturn where line_id = new.line_id\n                    ) > shared then\n                        raise check_violation using message = 'more would be taken back than was shared';\n                    end if;\n                    return new;\n                ",
                    hash="2c3500307ff123bd4890cefa64dd0ebe598be923",
                    operation="INSERT",
                    pgid="pgtrigger_never_take_back_more_than_was_shared_00173",
                    table="payments_sharereturn",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sharereturn",
            trigger=pgtrigger.compiler.Trigger(
                name="share_return_states",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{requested:sent,requested:succeeded,requested:failed,requested:dropped,sent:succeeded,sent:failed,failed:requested}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="a3e15acc664e706c73c69553e1564985727c1c61",
                    operation="UPDATE",
                    pgid="pgtrigger_share_return_states_3af80",
                    table="payments_sharereturn",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="sharing",
            index=models.Index(condition=models.Q(("state__in", ("requested", "sent"))), fields=["due_at"], name="sharing_to_send"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sharing",
            trigger=pgtrigger.compiler.Trigger(
                name="sharing_states",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{requested:sent,requested:finished,requested:failed,sent:finished,sent:failed,failed:requested}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="bd256e97fe01b798050f1d5fa31278d37c89689d",
                    operation="UPDATE",
                    pgid="pgtrigger_sharing_states_76ed7",
                    table="payments_sharing",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="shareline",
            constraint=models.UniqueConstraint(fields=("sharing", "account"), name="one_share_per_receiver", nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name="shareline",
            constraint=models.CheckConstraint(condition=models.Q(("amount_fen__gt", 0)), name="a_share_is_of_something"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="shareline",
            trigger=pgtrigger.compiler.Trigger(
                name="never_share_more_than_was_collected",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE part uuid;",
                    func="\n                    select split_id into part from payments_sharing where id = new.sharing_id;\n                    perform from payments_payment where id = (select payment_id from payments_paymentsplit where id = part) for update;\n                    if new.amount_fen\n                        + (select coalesce(sum(amount_fen), 0) from payments_shareline where sharing_id = new.sharing_id)\n                        + (select coalesce(sum(amount_fen), 0) from payments_refund where split_id = part)\n                        > (select amount_fen from payments_paymentsplit where id = part)\n                    then\n                        raise check_violation using message = 'more would be shared out than was collected';\n                    end if;\n                    return new;\n                ",
                    hash="20d6b3f6aa0083f760c027d8497eb79c27e27833",
                    operation="INSERT",
                    pgid="pgtrigger_never_share_more_than_was_collected_3731b",
                    table="payments_shareline",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="shareline",
            trigger=pgtrigger.compiler.Trigger(
                name="share_line_states",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{requested:succeeded,requested:failed,failed:requested}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="9aea0a7170bf04240f196b29dbd23f6b91301875",
                    operation="UPDATE",
                    pgid="pgtrigger_share_line_states_7f6b6",
                    table="payments_shareline",
                    when="BEFORE",
                ),
            ),
        ),
    ]
