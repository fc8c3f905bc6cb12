"""Fees, sales, earnings, payouts and differences, held by constraints and triggers."""

import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
import teahorse.common.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("people", "0002_rights_over_money"),
    ]

    operations = [
        migrations.CreateModel(
            name="BankFile",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=24, unique=True)),
                ("content", models.TextField()),
                ("digest", models.CharField(max_length=64)),
                ("count", models.IntegerField()),
                ("amount_fen", models.BigIntegerField()),
                ("made_at", models.DateTimeField()),
                ("made_by_id", models.UUIDField()),
            ],
        ),
        migrations.CreateModel(
            name="Difference",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=40)),
                ("subject", models.CharField(help_text="the payment, refund, order, payout or account", max_length=80)),
                ("expected_fen", models.BigIntegerField()),
                ("found_fen", models.BigIntegerField()),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("owner_id", models.UUIDField(help_text="the organisation that looks; nobody: the house", null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("explained", "Explained"), ("gone", "Gone")], default="open", max_length=10
                    ),
                ),
                ("found_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField(help_text="when it was found last")),
                ("due_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("explained_by_id", models.UUIDField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Earning",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("county_id", models.UUIDField(editable=False)),
                ("seller_id", models.UUIDField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("sale", "Sale"), ("reversal", "Reversal"), ("returned", "Returned"), ("adjustment", "Adjustment")],
                        max_length=10,
                    ),
                ),
                ("source_id", models.UUIDField(help_text="the order, the refund, the payout")),
                ("order_id", models.UUIDField(null=True)),
                ("amount_fen", models.BigIntegerField()),
                ("state", models.CharField(choices=[("maturing", "Maturing"), ("payable", "Payable")], default="maturing", max_length=8)),
                ("earned_at", models.DateTimeField()),
                ("matures_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="FeeLine",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("amount_fen", models.BigIntegerField()),
                ("reversed_fen", models.BigIntegerField(default=0)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("commission", "Commission"),
                            ("station", "Station"),
                            ("host", "Host"),
                            ("packing", "Packing"),
                            ("payment", "Payment"),
                            ("freight", "Freight"),
                        ],
                        max_length=12,
                    ),
                ),
                ("beneficiary_id", models.UUIDField(help_text="who gets it; nobody: the house, or the provider", null=True)),
                ("reason", models.CharField(help_text="the conditions that made it the most specific, or everyone", max_length=80)),
            ],
        ),
        migrations.CreateModel(
            name="FeeReversal",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("refund_id", models.UUIDField()),
                ("amount_fen", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="FeeRule",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("commission", "Commission"),
                            ("station", "Station"),
                            ("host", "Host"),
                            ("packing", "Packing"),
                            ("payment", "Payment"),
                            ("freight", "Freight"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "basis",
                    models.CharField(
                        choices=[
                            ("goods", "basis points of the goods"),
                            ("paid", "basis points of goods and freight"),
                            ("order", "fen an order"),
                            ("kg", "fen a kilogram begun"),
                        ],
                        max_length=8,
                    ),
                ),
                ("rate", models.IntegerField(help_text="basis points (150 is 1.5 %), or fen")),
                (
                    "beneficiary",
                    models.CharField(
                        choices=[
                            ("platform", "the region's centre"),
                            ("centre", "the county's centre"),
                            ("pickup", "who runs the pickup point"),
                            ("provider", "the payment provider"),
                        ],
                        max_length=10,
                    ),
                ),
                ("county_id", models.UUIDField(blank=True, help_text="the seller's county", null=True)),
                (
                    "seller_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("region_centre", "Region Centre"),
                            ("county_centre", "County Centre"),
                            ("township_station", "Township Station"),
                            ("village_point", "Village Point"),
                            ("cooperative", "Cooperative"),
                            ("company", "Company"),
                            ("department_store", "Department Store"),
                        ],
                        max_length=20,
                    ),
                ),
                ("provider", models.CharField(blank=True, help_text="paid through: wechat_pay, cash", max_length=20)),
                (
                    "pickup_level",
                    models.CharField(blank=True, choices=[("centre", "Centre"), ("station", "Station"), ("point", "Point")], max_length=10),
                ),
                ("position", models.SmallIntegerField(default=0, help_text="among equally specific rules the lowest holds")),
                ("since_date", models.DateField()),
                ("until_date", models.DateField(blank=True, help_text="the first day on which it holds no more", null=True)),
                ("name", models.CharField(help_text="as the seller reads it", max_length=80)),
            ],
        ),
        migrations.CreateModel(
            name="Payout",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("county_id", models.UUIDField(editable=False)),
                ("number", models.CharField(max_length=24, unique=True)),
                ("method", models.CharField(choices=[("bank", "Bank"), ("cash", "Cash"), ("provider", "Provider")], max_length=8)),
                ("provider", models.CharField(blank=True, help_text="through which provider, where it is one", max_length=20)),
                ("amount_fen", models.BigIntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("approved", "Approved"),
                            ("sent", "Sent"),
                            ("paid", "Paid"),
                            ("returned", "Returned"),
                            ("dropped", "Dropped"),
                        ],
                        default="draft",
                        max_length=8,
                    ),
                ),
                ("prepared_at", models.DateTimeField()),
                ("prepared_by_id", models.UUIDField()),
                ("approved_at", models.DateTimeField(null=True)),
                ("approved_by_id", models.UUIDField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="PayoutAccount",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("holder", models.CharField(max_length=80)),
                ("bank", models.CharField(max_length=80)),
                ("number", models.CharField(max_length=40)),
                ("since_at", models.DateTimeField()),
                ("told_by_id", models.UUIDField()),
                ("until_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="PayoutEvent",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("approved", "Approved"),
                            ("sent", "Sent"),
                            ("paid", "Paid"),
                            ("returned", "Returned"),
                            ("dropped", "Dropped"),
                        ],
                        max_length=8,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("by_id", models.UUIDField(null=True)),
                ("reference", models.CharField(blank=True, help_text="the bank's or the receipt's number", max_length=64)),
                ("received_by", models.CharField(blank=True, help_text="who signed for cash", max_length=80)),
                ("note", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="Sale",
            fields=[
                ("order_id", models.UUIDField(primary_key=True, serialize=False)),
                ("county_id", models.UUIDField(editable=False)),
                ("seller_id", models.UUIDField()),
                ("number", models.CharField(max_length=24)),
                ("held_fen", models.BigIntegerField(default=0)),
                ("paid_fen", models.BigIntegerField(default=0)),
                ("refunded_fen", models.BigIntegerField(default=0)),
                ("subsidy_fen", models.BigIntegerField(default=0)),
                ("subsidy_back_fen", models.BigIntegerField(default=0)),
                ("fees_fen", models.BigIntegerField(default=0)),
                ("fees_back_fen", models.BigIntegerField(default=0)),
                ("frozen_at", models.DateTimeField(help_text="when it was paid: fees and discounts stand since", null=True)),
                ("closed_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="SubsidyLine",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("amount_fen", models.BigIntegerField()),
                ("reversed_fen", models.BigIntegerField(default=0)),
                ("bearer_id", models.UUIDField(null=True)),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="bankfile",
            trigger=pgtrigger.compiler.Trigger(
                name="a_bank_file_is_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="32b45cab92622a8cfdb932cc46583725ee5b0f34",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_a_bank_file_is_never_changed_473ce",
                    table="settlement_bankfile",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="difference",
            index=models.Index(condition=models.Q(("state", "open")), fields=["due_at"], name="difference_open"),
        ),
        migrations.AddConstraint(
            model_name="difference",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "gone"), _negated=True), fields=("kind", "subject"), name="a_difference_stands_once"
            ),
        ),
        migrations.AddField(
            model_name="feereversal",
            name="fee",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reversals",
                to="settlement.feeline",
            ),
        ),
        migrations.AddField(
            model_name="feerule",
            name="seller",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.organisation"
            ),
        ),
        migrations.AddField(
            model_name="feeline",
            name="rule",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="settlement.feerule"
            ),
        ),
        migrations.AddField(
            model_name="payout",
            name="bank_file",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="payouts", to="settlement.bankfile"
            ),
        ),
        migrations.AddField(
            model_name="payout",
            name="seller",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.organisation"),
        ),
        migrations.AddField(
            model_name="earning",
            name="payout",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="earnings", to="settlement.payout"
            ),
        ),
        migrations.AddField(
            model_name="payoutaccount",
            name="seller",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.organisation"),
        ),
        migrations.AddField(
            model_name="payout",
            name="account",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="settlement.payoutaccount"
            ),
        ),
        migrations.AddField(
            model_name="payoutevent",
            name="payout",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="events", to="settlement.payout"),
        ),
        migrations.AddIndex(
            model_name="sale",
            index=models.Index(fields=["seller_id", "frozen_at"], name="sale_of_seller"),
        ),
        migrations.AddConstraint(
            model_name="sale",
            constraint=models.CheckConstraint(condition=models.Q(("held_fen__gte", 0)), name="a_sale_never_holds_less_than_nothing"),
        ),
        migrations.AddConstraint(
            model_name="sale",
            constraint=models.CheckConstraint(
                condition=models.Q(("refunded_fen__gte", 0), ("refunded_fen__lte", models.F("paid_fen"))),
                name="a_sale_gives_back_what_was_paid",
            ),
        ),
        migrations.AddConstraint(
            model_name="sale",
            constraint=models.CheckConstraint(
                condition=models.Q(("subsidy_back_fen__gte", 0), ("subsidy_back_fen__lte", models.F("subsidy_fen"))),
                name="a_subsidy_goes_back_as_it_came",
            ),
        ),
        migrations.AddConstraint(
            model_name="sale",
            constraint=models.CheckConstraint(
                condition=models.Q(("fees_back_fen__gte", 0), ("fees_back_fen__lte", models.F("fees_fen"))),
                name="a_fee_goes_back_as_it_came",
            ),
        ),
        migrations.AddConstraint(
            model_name="sale",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("fees_fen__lte", django.db.models.expressions.CombinedExpression(models.F("paid_fen"), "+", models.F("subsidy_fen")))
                ),
                name="fees_are_never_more_than_the_sale",
            ),
        ),
        migrations.AddField(
            model_name="feeline",
            name="sale",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="fees", to="settlement.sale"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sale",
            trigger=pgtrigger.compiler.Trigger(
                name="a_sale_is_never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="4fce179a948538aa71f2cd3741d3bbf25c449760",
                    operation="DELETE",
                    pgid="pgtrigger_a_sale_is_never_deleted_199bb",
                    table="settlement_sale",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sale",
            trigger=pgtrigger.compiler.Trigger(
                name="a_sale_stays_whose_it_is",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."order_id" IS DISTINCT FROM (NEW."order_id") OR OLD."seller_id" IS DISTINCT FROM (NEW."seller_id") OR OLD."county_id" IS DISTINCT FROM (NEW."county_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="16a78bd6b9f43997015457774393b7f36f061be9",
                    operation="UPDATE",
                    pgid="pgtrigger_a_sale_stays_whose_it_is_53c0a",
                    table="settlement_sale",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddField(
            model_name="subsidyline",
            name="sale",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="subsidies",
                to="settlement.sale",
            ),
        ),
        migrations.AddConstraint(
            model_name="feereversal",
            constraint=models.UniqueConstraint(fields=("fee", "refund_id"), name="a_refund_reverses_a_fee_once"),
        ),
        migrations.AddConstraint(
            model_name="feereversal",
            constraint=models.CheckConstraint(condition=models.Q(("amount_fen__gt", 0)), name="a_reversal_is_of_something"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="feereversal",
            trigger=pgtrigger.compiler.Trigger(
                name="fee_reversals_are_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="d0b00ed0ab2a09b99dcdbe525edab2939576e775",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_fee_reversals_are_never_changed_c755a",
                    table="settlement_feereversal",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="feerule",
            constraint=models.CheckConstraint(condition=models.Q(("rate__gt", 0)), name="a_fee_is_of_something"),
        ),
        migrations.AddConstraint(
            model_name="feerule",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("basis__in", ("goods", "paid")), _negated=True), ("rate__lte", 10000), _connector="OR"),
                name="a_fee_is_no_more_than_the_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="feerule",
            constraint=models.CheckConstraint(
                condition=models.Q(("until_date", None), ("until_date__gte", models.F("since_date")), _connector="OR"),
                name="a_rule_ends_after_it_begins",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="feerule",
            trigger=pgtrigger.compiler.Trigger(
                name="a_fee_rule_is_never_changed_only_ended",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."basis" IS DISTINCT FROM (NEW."basis") OR OLD."rate" IS DISTINCT FROM (NEW."rate") OR OLD."beneficiary" IS DISTINCT FROM (NEW."beneficiary") OR OLD."seller_id" IS DISTINCT FROM (NEW."seller_id") OR OLD."county_id" IS DISTINCT FROM (NEW."county_id") OR OLD."seller_kind" IS DISTINCT FROM (NEW."seller_kind") OR OLD."provider" IS DISTINCT FROM (NEW."provider") OR OLD."pickup_level" IS DISTINCT FROM (NEW."pickup_level") OR OLD."position" IS DISTINCT FROM (NEW."position") OR OLD."since_date" IS DISTINCT FROM (NEW."since_date"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="9df60373a5c8e9b34a03f014c63b4bc65892678f",
                    operation="UPDATE",
                    pgid="pgtrigger_a_fee_rule_is_never_changed_only_ended_dae18",
                    table="settlement_feerule",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="feerule",
            trigger=pgtrigger.compiler.Trigger(
                name="a_fee_rule_is_never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="d4bd43069a4683a6e63f16ed238cecda5fe52f03",
                    operation="DELETE",
                    pgid="pgtrigger_a_fee_rule_is_never_deleted_11411",
                    table="settlement_feerule",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="earning",
            index=models.Index(condition=models.Q(("state", "maturing")), fields=["matures_at"], name="earning_to_mature"),
        ),
        migrations.AddIndex(
            model_name="earning",
            index=models.Index(condition=models.Q(("payout", None), ("state", "payable")), fields=["seller_id"], name="earning_to_pay"),
        ),
        migrations.AddIndex(
            model_name="earning",
            index=models.Index(condition=models.Q(("payout__isnull", False)), fields=["payout"], name="earning_of_payout"),
        ),
        migrations.AddIndex(
            model_name="earning",
            index=models.Index(fields=["order_id"], name="earning_of_order"),
        ),
        migrations.AddIndex(
            model_name="earning",
            index=models.Index(fields=["seller_id", "earned_at"], name="earning_of_seller"),
        ),
        migrations.AddConstraint(
            model_name="earning",
            constraint=models.UniqueConstraint(fields=("kind", "source_id"), name="a_fact_is_earned_once"),
        ),
        migrations.AddConstraint(
            model_name="earning",
            constraint=models.CheckConstraint(condition=models.Q(("amount_fen", 0), _negated=True), name="an_earning_is_of_something"),
        ),
        migrations.AddConstraint(
            model_name="earning",
            constraint=models.CheckConstraint(
                condition=models.Q(("payout", None), ("state", "payable"), _connector="OR"), name="only_matured_earnings_are_paid"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="earning",
            trigger=pgtrigger.compiler.Trigger(
                name="an_earning_stays_as_earned",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."county_id" IS DISTINCT FROM (NEW."county_id") OR OLD."seller_id" IS DISTINCT FROM (NEW."seller_id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."source_id" IS DISTINCT FROM (NEW."source_id") OR OLD."order_id" IS DISTINCT FROM (NEW."order_id") OR OLD."amount_fen" IS DISTINCT FROM (NEW."amount_fen") OR OLD."earned_at" IS DISTINCT FROM (NEW."earned_at") OR OLD."matures_at" IS DISTINCT FROM (NEW."matures_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="32ea99c86ca9edca748c8ef52f897587c4d20642",
                    operation="UPDATE",
                    pgid="pgtrigger_an_earning_stays_as_earned_cd16a",
                    table="settlement_earning",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="earning",
            trigger=pgtrigger.compiler.Trigger(
                name="earnings_are_never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="92cbe140c8eeef38d97908a4dc1b7d8bab165ab5",
                    operation="DELETE",
                    pgid="pgtrigger_earnings_are_never_deleted_83510",
                    table="settlement_earning",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="earning",
            trigger=pgtrigger.compiler.Trigger(
                name="earning_states",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{maturing:payable}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="12d06804ef476d2b454b4121b810a872fed82db3",
                    operation="UPDATE",
                    pgid="pgtrigger_earning_states_012df",
                    table="settlement_earning",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="earning",
            trigger=pgtrigger.compiler.Trigger(
                name="a_claimed_earning_is_let_go_by_a_draft_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."payout_id" IS NOT NULL)',
                    func="\n                    if new.payout_id is distinct from old.payout_id\n                       and (select state from settlement_payout where id = old.payout_id) not in ('draft', 'dropped') then\n                        raise check_violation using message = 'an earning stays with the payout that claimed it';\n                    end if;\n                    return new;\n                ",
                    hash="ccb7dbb2f6f36c596214d377f6516a9b4a6374a7",
                    operation='UPDATE OF "payout_id"',
                    pgid="pgtrigger_a_claimed_earning_is_let_go_by_a_draft_only_4ae2f",
                    table="settlement_earning",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutaccount",
            constraint=models.UniqueConstraint(
                condition=models.Q(("until_at", None)), fields=("seller",), name="one_living_payout_account_per_seller"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payoutaccount",
            trigger=pgtrigger.compiler.Trigger(
                name="a_payout_account_is_told_anew",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."seller_id" IS DISTINCT FROM (NEW."seller_id") OR OLD."holder" IS DISTINCT FROM (NEW."holder") OR OLD."bank" IS DISTINCT FROM (NEW."bank") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."since_at" IS DISTINCT FROM (NEW."since_at") OR OLD."told_by_id" IS DISTINCT FROM (NEW."told_by_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="2d8c4d8d077c12ddfc7714967e45e5f23698a975",
                    operation="UPDATE",
                    pgid="pgtrigger_a_payout_account_is_told_anew_0921a",
                    table="settlement_payoutaccount",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="payout",
            index=models.Index(fields=["county_id", "state", "-prepared_at"], name="payout_of_county"),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(condition=models.Q(("amount_fen__gt", 0)), name="a_payout_is_of_something"),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by_id", None), models.Q(("approved_by_id", models.F("prepared_by_id")), _negated=True), _connector="OR"
                ),
                name="four_eyes_see_a_payout",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ("draft", "dropped")),
                    models.Q(("approved_at__isnull", False), ("approved_by_id__isnull", False)),
                    _connector="OR",
                ),
                name="nothing_is_paid_that_was_not_approved",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("account__isnull", False), ("method", "bank")), models.Q(("method", "bank"), _negated=True), _connector="OR"
                ),
                name="a_bank_needs_an_account",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "draft")), fields=("seller",), name="one_draft_payout_per_seller"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payout",
            trigger=pgtrigger.compiler.Trigger(
                name="a_payout_stays_as_prepared",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."seller_id" IS DISTINCT FROM (NEW."seller_id") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."method" IS DISTINCT FROM (NEW."method") OR OLD."provider" IS DISTINCT FROM (NEW."provider") OR OLD."account_id" IS DISTINCT FROM (NEW."account_id") OR OLD."amount_fen" IS DISTINCT FROM (NEW."amount_fen") OR OLD."prepared_at" IS DISTINCT FROM (NEW."prepared_at") OR OLD."prepared_by_id" IS DISTINCT FROM (NEW."prepared_by_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="425e571ecf376c7de15d57b8fbda6349f8d82356",
                    operation="UPDATE",
                    pgid="pgtrigger_a_payout_stays_as_prepared_79090",
                    table="settlement_payout",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payout",
            trigger=pgtrigger.compiler.Trigger(
                name="payouts_are_never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="8c8bb3ab5dd046f5ed4d2b2a4c4594a7a1a21491",
                    operation="DELETE",
                    pgid="pgtrigger_payouts_are_never_deleted_d9f8e",
                    table="settlement_payout",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payout",
            trigger=pgtrigger.compiler.Trigger(
                name="payout_states",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE _is_valid_transition BOOLEAN;",
                    func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{draft:approved,draft:dropped,approved:sent,approved:paid,approved:returned,sent:paid,sent:returned,paid:returned}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;',
                    hash="4d9af35388533628a5ad146be7a82f717f2425a1",
                    operation="UPDATE",
                    pgid="pgtrigger_payout_states_adb1b",
                    table="settlement_payout",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payout",
            trigger=pgtrigger.compiler.Trigger(
                name="a_payout_is_the_sum_of_its_earnings",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n                    if new.state <> 'dropped' and new.amount_fen is distinct from\n                        (select sum(amount_fen) from settlement_earning where payout_id = new.id)\n                    and not exists (select from settlement_payout where id = new.id and state = 'dropped')\n                    then\n                        raise check_violation using message = 'a payout is not the sum of its earnings: ' || new.number;\n                    end if;\n                    return null;\n                ",
                    hash="527250d2423c58923e49c70f412b289b61de26d3",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_a_payout_is_the_sum_of_its_earnings_0319b",
                    table="settlement_payout",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutevent",
            constraint=models.UniqueConstraint(fields=("payout", "kind"), name="a_payout_gets_somewhere_once"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payoutevent",
            trigger=pgtrigger.compiler.Trigger(
                name="payout_events_are_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="cb929f8e22c937328014e3d9303eb751e3b0b30b",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_payout_events_are_never_changed_4378f",
                    table="settlement_payoutevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="feeline",
            constraint=models.UniqueConstraint(fields=("sale", "kind"), name="one_fee_of_a_kind_per_sale"),
        ),
        migrations.AddConstraint(
            model_name="feeline",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_fen__gt", 0), ("reversed_fen__gte", 0), ("reversed_fen__lte", models.F("amount_fen"))),
                name="a_fee_line_is_reversed_up_to_itself",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="feeline",
            trigger=pgtrigger.compiler.Trigger(
                name="a_fee_stays_as_frozen",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."amount_fen" IS DISTINCT FROM (NEW."amount_fen") OR OLD."sale_id" IS DISTINCT FROM (NEW."sale_id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."rule_id" IS DISTINCT FROM (NEW."rule_id") OR OLD."beneficiary_id" IS DISTINCT FROM (NEW."beneficiary_id") OR OLD."reason" IS DISTINCT FROM (NEW."reason"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="0ab377be8c03326e4c92f069ec70a4726e40737c",
                    operation="UPDATE",
                    pgid="pgtrigger_a_fee_stays_as_frozen_452f1",
                    table="settlement_feeline",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="feeline",
            trigger=pgtrigger.compiler.Trigger(
                name="fees_are_never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="fb9819a72c54ba830403650b15ad4fce59253fb5",
                    operation="DELETE",
                    pgid="pgtrigger_fees_are_never_deleted_c9e66",
                    table="settlement_feeline",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="subsidyline",
            constraint=models.UniqueConstraint(fields=("sale", "bearer_id"), name="one_subsidy_per_bearer_and_sale", nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name="subsidyline",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_fen__gt", 0), ("reversed_fen__gte", 0), ("reversed_fen__lte", models.F("amount_fen"))),
                name="a_subsidy_line_is_reversed_up_to_itself",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="subsidyline",
            trigger=pgtrigger.compiler.Trigger(
                name="a_subsidy_stays_as_frozen",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."amount_fen" IS DISTINCT FROM (NEW."amount_fen") OR OLD."sale_id" IS DISTINCT FROM (NEW."sale_id") OR OLD."bearer_id" IS DISTINCT FROM (NEW."bearer_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="0db198f7e1733de538d2db29e21bb0901c7d8f72",
                    operation="UPDATE",
                    pgid="pgtrigger_a_subsidy_stays_as_frozen_5beec",
                    table="settlement_subsidyline",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="subsidyline",
            trigger=pgtrigger.compiler.Trigger(
                name="subsidies_are_never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="db9f4278ec05dcb2b6f38b932f363c50957ec3ed",
                    operation="DELETE",
                    pgid="pgtrigger_subsidies_are_never_deleted_35dcd",
                    table="settlement_subsidyline",
                    when="BEFORE",
                ),
            ),
        ),
    ]
