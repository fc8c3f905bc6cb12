import django.db.models.deletion
import django.db.models.expressions
import pgtrigger.compiler
import pgtrigger.migrations
import teahorse.common.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    """What budgets owe is claimed of them, and what they pay is written down."""

    dependencies = [
        ("people", "0002_rights_over_money"),
        ("settlement", "0010_what_matures_on_a_day_is_one_entry"),
    ]

    operations = [
        migrations.CreateModel(
            name="SubsidyClaim",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("number", models.CharField(max_length=24, unique=True)),
                ("since_date", models.DateField(help_text="the day of the first order in it")),
                ("until_date", models.DateField(help_text="the last day of which orders are in it")),
                ("amount_fen", models.BigIntegerField()),
                ("received_fen", models.BigIntegerField(default=0)),
                ("made_at", models.DateTimeField()),
                ("made_by_id", models.UUIDField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("withdrawn_by_id", models.UUIDField(null=True)),
                ("reason", models.CharField(blank=True, help_text="why it was withdrawn", max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="SubsidyClaimLine",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("amount_fen", models.BigIntegerField()),
                ("before_fen", models.BigIntegerField(default=0)),
                ("is_withdrawn", models.BooleanField(default=False)),
            ],
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="transfer",
            name="a_transfer_stays_as_written",
        ),
        migrations.RemoveConstraint(
            model_name="transfer",
            name="a_number_of_the_bank_counts_once",
        ),
        migrations.AlterField(
            model_name="transfer",
            name="provider",
            field=models.CharField(help_text="whence: wechat_pay, alipay, cash, budget", max_length=20),
        ),
        migrations.AddField(
            model_name="subsidyclaim",
            name="house",
            field=models.ForeignKey(
                db_index=False,
                help_text="who claims it",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.organisation",
            ),
        ),
        migrations.AddField(
            model_name="subsidyclaim",
            name="payer",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.organisation"),
        ),
        migrations.AddField(
            model_name="transfer",
            name="claim",
            field=models.ForeignKey(
                help_text="what of subsidies was paid by it",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="transfers",
                to="settlement.subsidyclaim",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("claim__isnull", False), ("provider", "budget")),
                    models.Q(models.Q(("provider", "budget"), _negated=True), ("claim", None)),
                    _connector="OR",
                ),
                name="a_budget_pays_a_claim",
            ),
        ),
        migrations.AddConstraint(
            model_name="transfer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("undone_at", None)),
                fields=("reference", "claim"),
                name="a_number_of_the_bank_counts_once",
                nulls_distinct=False,
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="transfer",
            trigger=pgtrigger.compiler.Trigger(
                name="a_transfer_stays_as_written",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."provider" IS DISTINCT FROM (NEW."provider") OR OLD."organisation_id" IS DISTINCT FROM (NEW."organisation_id") OR OLD."claim_id" IS DISTINCT FROM (NEW."claim_id") OR OLD."amount_fen" IS DISTINCT FROM (NEW."amount_fen") OR OLD."fee_fen" IS DISTINCT FROM (NEW."fee_fen") OR OLD."reference" IS DISTINCT FROM (NEW."reference") OR OLD."day" IS DISTINCT FROM (NEW."day") OR OLD."written_at" IS DISTINCT FROM (NEW."written_at") OR OLD."written_by_id" IS DISTINCT FROM (NEW."written_by_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="4a5a860bfc5d2d7a25286d55c1cfb96c3d90f7b0",
                    operation="UPDATE",
                    pgid="pgtrigger_a_transfer_stays_as_written_27956",
                    table="settlement_transfer",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddField(
            model_name="subsidyclaimline",
            name="claim",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="settlement.subsidyclaim"),
        ),
        migrations.AddField(
            model_name="subsidyclaimline",
            name="subsidy",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="claims", to="settlement.subsidyline"
            ),
        ),
        migrations.AddIndex(
            model_name="subsidyclaim",
            index=models.Index(fields=["payer", "-made_at"], name="claim_of_payer"),
        ),
        migrations.AddConstraint(
            model_name="subsidyclaim",
            constraint=models.CheckConstraint(condition=models.Q(("amount_fen__gt", 0)), name="a_claim_is_of_something"),
        ),
        migrations.AddConstraint(
            model_name="subsidyclaim",
            constraint=models.CheckConstraint(
                condition=models.Q(("until_date__gte", models.F("since_date"))), name="a_claim_ends_after_it_begins"
            ),
        ),
        migrations.AddConstraint(
            model_name="subsidyclaim",
            constraint=models.CheckConstraint(
                condition=models.Q(("received_fen__gte", 0), ("received_fen__lte", models.F("amount_fen"))),
                name="no_more_comes_than_was_claimed",
            ),
        ),
        migrations.AddConstraint(
            model_name="subsidyclaim",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("withdrawn_at", None), ("withdrawn_by_id", None)),
                    models.Q(
                        ("received_fen", 0),
                        ("withdrawn_at__isnull", False),
                        ("withdrawn_by_id__isnull", False),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="a_claim_is_withdrawn_by_somebody_for_a_reason",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="subsidyclaim",
            trigger=pgtrigger.compiler.Trigger(
                name="a_claim_is_never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="775531983c036c9b4a55b89a33d57d96b9ba777c",
                    operation="DELETE",
                    pgid="pgtrigger_a_claim_is_never_deleted_fa2f7",
                    table="settlement_subsidyclaim",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="subsidyclaim",
            trigger=pgtrigger.compiler.Trigger(
                name="a_claim_stays_as_made",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."payer_id" IS DISTINCT FROM (NEW."payer_id") OR OLD."house_id" IS DISTINCT FROM (NEW."house_id") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."since_date" IS DISTINCT FROM (NEW."since_date") OR OLD."until_date" IS DISTINCT FROM (NEW."until_date") OR OLD."amount_fen" IS DISTINCT FROM (NEW."amount_fen") OR OLD."made_at" IS DISTINCT FROM (NEW."made_at") OR OLD."made_by_id" IS DISTINCT FROM (NEW."made_by_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="a3b1c8e5b79c549c98c02f61b721158630127766",
                    operation="UPDATE",
                    pgid="pgtrigger_a_claim_stays_as_made_6e74c",
                    table="settlement_subsidyclaim",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="subsidyclaim",
            trigger=pgtrigger.compiler.Trigger(
                name="a_withdrawn_claim_stays_so",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."withdrawn_at" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="2b321d169c60fc35f9b998ad8085954ddeaa7867",
                    operation="UPDATE",
                    pgid="pgtrigger_a_withdrawn_claim_stays_so_bc23c",
                    table="settlement_subsidyclaim",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="subsidyclaim",
            trigger=pgtrigger.compiler.Trigger(
                name="a_claim_is_the_sum_of_its_lines",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n                    if new.amount_fen is distinct from\n                        (select sum(amount_fen) from settlement_subsidyclaimline where claim_id = new.id)\n                    then\n                        raise check_violation using message = 'a claim is not the sum of its lines: ' || new.number;\n                    end if;\n                    return null;\n                ",
                    hash="ef256f4f6757c13be3ebd18033bca007810f1459",
                    operation="INSERT",
                    pgid="pgtrigger_a_claim_is_the_sum_of_its_lines_d1fae",
                    table="settlement_subsidyclaim",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="subsidyclaimline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_withdrawn", False)), fields=("subsidy", "before_fen"), name="a_subsidy_is_claimed_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="subsidyclaimline",
            constraint=models.CheckConstraint(condition=models.Q(("amount_fen", 0), _negated=True), name="a_claims_line_is_of_something"),
        ),
        migrations.AddConstraint(
            model_name="subsidyclaimline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_fen__gte", django.db.models.expressions.CombinedExpression(models.F("before_fen"), "*", models.Value(-1))),
                    ("before_fen__gte", 0),
                ),
                name="no_more_is_taken_off_than_was_claimed",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="subsidyclaimline",
            trigger=pgtrigger.compiler.Trigger(
                name="a_claims_line_is_never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="c8b22d05d9839b7456ea7e78bfb686a09f330502",
                    operation="DELETE",
                    pgid="pgtrigger_a_claims_line_is_never_deleted_e7809",
                    table="settlement_subsidyclaimline",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="subsidyclaimline",
            trigger=pgtrigger.compiler.Trigger(
                name="a_claims_line_stays_as_made",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."claim_id" IS DISTINCT FROM (NEW."claim_id") OR OLD."subsidy_id" IS DISTINCT FROM (NEW."subsidy_id") OR OLD."amount_fen" IS DISTINCT FROM (NEW."amount_fen") OR OLD."before_fen" IS DISTINCT FROM (NEW."before_fen"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="9fb71eb3451f92a7ed3d1e388f9932a1563e2baf",
                    operation="UPDATE",
                    pgid="pgtrigger_a_claims_line_stays_as_made_501de",
                    table="settlement_subsidyclaimline",
                    when="BEFORE",
                ),
            ),
        ),
    ]
