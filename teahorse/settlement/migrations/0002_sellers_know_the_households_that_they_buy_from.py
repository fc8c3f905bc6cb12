"""Households that a seller buys from, and what of each product comes from whom."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import teahorse.common.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0002_rights_over_money"),
        ("settlement", "0001_fees_earnings_payouts_and_differences"),
    ]

    operations = [
        migrations.CreateModel(
            name="Division",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("product_id", models.UUIDField()),
                ("since_date", models.DateField()),
                ("written_at", models.DateTimeField()),
                ("written_by_id", models.UUIDField()),
                ("seller", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.organisation")),
            ],
        ),
        migrations.CreateModel(
            name="SubSeller",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                ("note", models.CharField(blank=True, help_text="what was agreed on its shares", max_length=200)),
                ("since_at", models.DateTimeField()),
                ("written_by_id", models.UUIDField()),
                ("left_at", models.DateTimeField(null=True)),
                ("seller", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.organisation")),
            ],
        ),
        migrations.CreateModel(
            name="SubSellerShare",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("share_bp", models.IntegerField()),
                (
                    "division",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="shares", to="settlement.division"
                    ),
                ),
                ("sub_seller", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="settlement.subseller")),
            ],
        ),
        migrations.AddIndex(
            model_name="division",
            index=models.Index(fields=["seller", "product_id", "-since_date", "-written_at"], name="division_of_product"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="division",
            trigger=pgtrigger.compiler.Trigger(
                name="a_division_is_entered_anew",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="da19c95b4c5cea217e8078056f304289eeda620e",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_a_division_is_entered_anew_5516f",
                    table="settlement_division",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="subseller",
            constraint=models.UniqueConstraint(
                condition=models.Q(("left_at", None)), fields=("seller", "name"), name="one_household_of_a_name_per_seller"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="subseller",
            trigger=pgtrigger.compiler.Trigger(
                name="a_household_stays_whose_it_is",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."seller_id" IS DISTINCT FROM (NEW."seller_id") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."since_at" IS DISTINCT FROM (NEW."since_at") OR OLD."written_by_id" IS DISTINCT FROM (NEW."written_by_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="1302f4cdbe964a579e167f88f5153d2821c6c973",
                    operation="UPDATE",
                    pgid="pgtrigger_a_household_stays_whose_it_is_9803c",
                    table="settlement_subseller",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="subseller",
            trigger=pgtrigger.compiler.Trigger(
                name="households_are_never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="59976b7d4b2e463db946a39c2e123ac8773ff020",
                    operation="DELETE",
                    pgid="pgtrigger_households_are_never_deleted_08877",
                    table="settlement_subseller",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="subsellershare",
            constraint=models.UniqueConstraint(fields=("division", "sub_seller"), name="a_household_has_one_share_of_a_product"),
        ),
        migrations.AddConstraint(
            model_name="subsellershare",
            constraint=models.CheckConstraint(condition=models.Q(("share_bp__range", (1, 10000))), name="a_share_is_of_the_whole"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="subsellershare",
            trigger=pgtrigger.compiler.Trigger(
                name="shares_of_households_are_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="d781e33740184d13ce0eea6d63b01c2f99c77ed4",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_shares_of_households_are_never_changed_43133",
                    table="settlement_subsellershare",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="subsellershare",
            trigger=pgtrigger.compiler.Trigger(
                name="shares_are_never_more_than_the_whole",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    perform from settlement_division where id = new.division_id for update;\n                    if new.share_bp + (select coalesce(sum(share_bp), 0) from settlement_subsellershare\n                                        where division_id = new.division_id) > 10000 then\n                        raise check_violation using message = 'the shares of a product are more than the whole';\n                    end if;\n                    if (select seller_id from settlement_division where id = new.division_id)\n                       is distinct from (select seller_id from settlement_subseller where id = new.sub_seller_id) then\n                        raise check_violation using message = 'a household of another seller has no share';\n                    end if;\n                    return new;\n                ",
                    hash="7fcf21ddc67bddb1614d2054a354b7bb1b604ca5",
                    operation="INSERT",
                    pgid="pgtrigger_shares_are_never_more_than_the_whole_021a1",
                    table="settlement_subsellershare",
                    when="BEFORE",
                ),
            ),
        ),
    ]
