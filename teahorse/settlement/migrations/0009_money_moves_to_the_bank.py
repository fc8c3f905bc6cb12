import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import teahorse.common.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    """What reached the house's bank account is written down, and who undid it."""

    dependencies = [
        ("people", "0002_rights_over_money"),
        ("settlement", "0008_earnings_are_of_fees_too"),
    ]

    operations = [
        migrations.CreateModel(
            name="Transfer",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("provider", models.CharField(help_text="whence: wechat_pay, alipay, cash", max_length=20)),
                ("amount_fen", models.BigIntegerField(help_text="what is no longer there")),
                ("fee_fen", models.BigIntegerField(default=0, help_text="what of it was kept on the way")),
                ("reference", models.CharField(help_text="the bank's number", max_length=64)),
                ("day", models.DateField(help_text="the bank's")),
                ("written_at", models.DateTimeField()),
                ("written_by_id", models.UUIDField()),
                ("undone_at", models.DateTimeField(null=True)),
                ("undone_by_id", models.UUIDField(null=True)),
                ("reason", models.CharField(blank=True, help_text="why it was undone", max_length=200)),
                (
                    "organisation",
                    models.ForeignKey(
                        help_text="out of whose box cash was brought",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.organisation",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["-day"], name="transfer_latest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("fee_fen__gte", 0), ("fee_fen__lt", models.F("amount_fen"))),
                        name="a_transfer_brings_something_to_the_bank",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("organisation__isnull", False), ("provider", "cash")),
                            models.Q(models.Q(("provider", "cash"), _negated=True), ("organisation", None)),
                            _connector="OR",
                        ),
                        name="cash_is_brought_by_a_house",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("undone_at", None), ("undone_by_id", None)),
                            models.Q(
                                ("undone_at__isnull", False), ("undone_by_id__isnull", False), models.Q(("reason", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="a_transfer_is_undone_by_somebody_for_a_reason",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at", None)), fields=("reference",), name="a_number_of_the_bank_counts_once"
                    ),
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="transfer",
            trigger=pgtrigger.compiler.Trigger(
                name="a_transfer_is_never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="9f66cdb1eb693339d5fd0edc5d73b93c3277944c",
                    operation="DELETE",
                    pgid="pgtrigger_a_transfer_is_never_deleted_f53e7",
                    table="settlement_transfer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="transfer",
            trigger=pgtrigger.compiler.Trigger(
                name="a_transfer_stays_as_written",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."provider" IS DISTINCT FROM (NEW."provider") OR OLD."organisation_id" IS DISTINCT FROM (NEW."organisation_id") OR OLD."amount_fen" IS DISTINCT FROM (NEW."amount_fen") OR OLD."fee_fen" IS DISTINCT FROM (NEW."fee_fen") OR OLD."reference" IS DISTINCT FROM (NEW."reference") OR OLD."day" IS DISTINCT FROM (NEW."day") OR OLD."written_at" IS DISTINCT FROM (NEW."written_at") OR OLD."written_by_id" IS DISTINCT FROM (NEW."written_by_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="392346b6dd78aca91aa85254d97cdc37427f57a4",
                    operation="UPDATE",
                    pgid="pgtrigger_a_transfer_stays_as_written_27956",
                    table="settlement_transfer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="transfer",
            trigger=pgtrigger.compiler.Trigger(
                name="a_transfer_is_undone_once",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."undone_at" IS NOT NULL)',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="bfe2ad28999718989100d5a7e3eab7cfd2b880b5",
                    operation="UPDATE",
                    pgid="pgtrigger_a_transfer_is_undone_once_d809e",
                    table="settlement_transfer",
                    when="BEFORE",
                ),
            ),
        ),
    ]
