import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import teahorse.common.ids
from django.db import migrations, models


# what a seller collected herself was in no payout until now; it stands where the order was paid
STANDS = """
    update settlement_earning earning set provider = payment.provider
      from orders_sellerorder o
      join payments_paymentsplit split on split.payment_id = o.paid_by_id and split.reference = o.id
      join payments_payment payment on payment.id = split.payment_id
      join payments_merchantaccount account on account.id = split.account_id and account.organisation_id = o.seller_id
     where earning.order_id = o.id and earning.payout_id is null
"""


class Migration(migrations.Migration):
    """An earning says where its money stands, a payout through which provider it goes, a fee what of it was shared out."""

    dependencies = [
        ("payments", "0008_refunds_are_found_by_when_they_arrived"),
        ("people", "0002_rights_over_money"),
        ("orders", "0007_goods_are_sold_before_their_harvest"),
        ("settlement", "0006_sales_are_found_by_when_they_were_frozen"),
    ]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="SharedFee",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("amount_fen", models.BigIntegerField()),
                ("reversed_fen", models.BigIntegerField(default=0)),
                ("is_kept", models.BooleanField(db_default=False, default=False)),
            ],
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="earning",
            name="an_earning_stays_as_earned",
        ),
        migrations.RemoveConstraint(
            model_name="earning",
            name="a_fact_is_earned_once",
        ),
        migrations.RemoveConstraint(
            model_name="payout",
            name="one_draft_payout_per_seller",
        ),
        migrations.AddField(
            model_name="earning",
            name="provider",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="where it stands; nothing: with the house", max_length=20
            ),
        ),
        migrations.RunSQL(STANDS, migrations.RunSQL.noop),
        migrations.AddField(
            model_name="feereversal",
            name="shared_fen",
            field=models.BigIntegerField(db_default=0, default=0, help_text="what of it comes back out of a share"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="earning",
            trigger=pgtrigger.compiler.Trigger(
                name="an_earning_stays_as_earned",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."county_id" IS DISTINCT FROM (NEW."county_id") OR OLD."seller_id" IS DISTINCT FROM (NEW."seller_id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."source_id" IS DISTINCT FROM (NEW."source_id") OR OLD."order_id" IS DISTINCT FROM (NEW."order_id") OR OLD."provider" IS DISTINCT FROM (NEW."provider") OR OLD."amount_fen" IS DISTINCT FROM (NEW."amount_fen") OR OLD."earned_at" IS DISTINCT FROM (NEW."earned_at") OR OLD."matures_at" IS DISTINCT FROM (NEW."matures_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="6444278d3abcb977082a12235edd7145bf0df16c",
                    operation="UPDATE",
                    pgid="pgtrigger_an_earning_stays_as_earned_cd16a",
                    table="settlement_earning",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="earning",
            constraint=models.UniqueConstraint(fields=("kind", "source_id", "provider"), name="a_fact_is_earned_once_per_place"),
        ),
        migrations.AddConstraint(
            model_name="feereversal",
            constraint=models.CheckConstraint(
                condition=models.Q(("shared_fen__gte", 0), ("shared_fen__lte", models.F("amount_fen"))),
                name="a_share_comes_back_within_its_reversal",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("method", "provider"), models.Q(("provider", ""), _negated=True)),
                    models.Q(models.Q(("method", "provider"), _negated=True), ("provider", "")),
                    _connector="OR",
                ),
                name="a_payout_by_a_provider_names_it",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "draft")), fields=("seller", "provider"), name="one_draft_payout_per_seller_and_place"
            ),
        ),
        migrations.AddField(
            model_name="sharedfee",
            name="account",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.merchantaccount"
            ),
        ),
        migrations.AddField(
            model_name="sharedfee",
            name="fee",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="shares",
                to="settlement.feeline",
            ),
        ),
        migrations.AddField(
            model_name="sharedfee",
            name="sharing",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="payments.sharing"),
        ),
        migrations.AddConstraint(
            model_name="sharedfee",
            constraint=models.UniqueConstraint(fields=("fee", "sharing"), name="a_fee_is_taken_once_of_a_part"),
        ),
        migrations.AddConstraint(
            model_name="sharedfee",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_fen__gt", 0), ("reversed_fen__gte", 0), ("reversed_fen__lte", models.F("amount_fen"))),
                name="a_shared_fee_comes_back_up_to_itself",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sharedfee",
            trigger=pgtrigger.compiler.Trigger(
                name="a_shared_fee_stays_as_shared",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."amount_fen" IS DISTINCT FROM (NEW."amount_fen") OR OLD."fee_id" IS DISTINCT FROM (NEW."fee_id") OR OLD."sharing_id" IS DISTINCT FROM (NEW."sharing_id") OR OLD."account_id" IS DISTINCT FROM (NEW."account_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="9e6334b6ae5a87d0865a945c6045f26aa6de1570",
                    operation="UPDATE",
                    pgid="pgtrigger_a_shared_fee_stays_as_shared_67e06",
                    table="settlement_sharedfee",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="sharedfee",
            trigger=pgtrigger.compiler.Trigger(
                name="a_shared_fee_ends_with_a_refused_sharing",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    if (select state from payments_sharing where id = old.sharing_id) <> 'failed' then\n                        raise check_violation using message = 'what is shared out is not forgotten';\n                    end if;\n                    return old;\n                ",
                    hash="3ea239eb588d298434c8f4076712a710ee5a6cbc",
                    operation="DELETE",
                    pgid="pgtrigger_a_shared_fee_ends_with_a_refused_sharing_3e831",
                    table="settlement_sharedfee",
                    when="BEFORE",
                ),
            ),
        ),
    ]
