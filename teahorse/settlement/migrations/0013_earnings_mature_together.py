import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import teahorse.common.ids
from django.db import migrations, models


# what matured by one entry keeps its key; where it stands at several places, that where most of it stands does. What was payable at once
# is one each, what is maturing is one by moment and place. The checks that wait for the end are done before the table is altered
TOGETHER = """
    with together as materialized (
        select case when matured_in is not null and row_number() over (partition by matured_in order by cardinality(ids) desc, provider) = 1
                    then matured_in else ids[1] end as key, *
          from (select matured_in, seller_id, provider, matures_at, state, payout_id, sum(amount_fen) as fen,
                       array_agg(id order by id) as ids, (array_agg(county_id order by id))[1] as county_id
                  from settlement_earning
                 group by matured_in, seller_id, provider, matures_at, state, payout_id,
                          case when state = 'payable' and matured_in is null then id end) alike
    ), written as (
        insert into settlement_maturity (id, county_id, seller_id, provider, matures_at, amount_fen, state, payout_id)
        select key, county_id, seller_id, provider, matures_at, fen, state, payout_id from together
    )
    update settlement_earning earning set maturity_id = part.key
      from (select key, unnest(ids) as id from together) part
     where earning.id = part.id;
    set constraints all immediate;
    set constraints all deferred
"""


class Migration(migrations.Migration):
    """Earnings are written once: what of a seller becomes payable at one moment and place matures, and is claimed, as one row."""

    dependencies = [
        ("settlement", "0012_subsidies_are_found_by_who_bears_them"),
    ]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        migrations.CreateModel(
            name="Maturity",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("county_id", models.UUIDField(editable=False)),
                ("seller_id", models.UUIDField()),
                ("provider", models.CharField(blank=True, default="", help_text="where it stands; nothing: with the house", max_length=20)),
                ("matures_at", models.DateTimeField()),
                ("amount_fen", models.BigIntegerField()),
                ("state", models.CharField(choices=[("maturing", "Maturing"), ("payable", "Payable")], default="maturing", max_length=8)),
            ],
            options={
                "verbose_name_plural": "maturities",
            },
        ),
        migrations.AddField(
            model_name="maturity",
            name="payout",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="maturities", to="settlement.payout"
            ),
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="earning",
            name="a_claimed_earning_is_let_go_by_a_draft_only",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="earning",
            name="an_earning_only_matures",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="earning",
            name="an_earning_stays_as_earned",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="earning",
            name="an_earning_matures_once",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="payout",
            name="a_payout_is_the_sum_of_its_earnings",
        ),
        migrations.AddField(
            model_name="earning",
            name="maturity",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="earnings",
                to="settlement.maturity",
            ),
        ),
        migrations.RunSQL(TOGETHER, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="earning",
            name="maturity",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="earnings",
                to="settlement.maturity",
            ),
        ),
        migrations.RemoveConstraint(
            model_name="earning",
            name="only_matured_earnings_are_paid",
        ),
        migrations.RemoveIndex(
            model_name="earning",
            name="earning_to_mature",
        ),
        migrations.RemoveIndex(
            model_name="earning",
            name="earning_to_pay",
        ),
        migrations.RemoveIndex(
            model_name="earning",
            name="earning_of_payout",
        ),
        migrations.RemoveField(
            model_name="earning",
            name="matured_in",
        ),
        migrations.RemoveField(
            model_name="earning",
            name="matures_at",
        ),
        migrations.RemoveField(
            model_name="earning",
            name="payout",
        ),
        migrations.RemoveField(
            model_name="earning",
            name="state",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="earning",
            trigger=pgtrigger.compiler.Trigger(
                name="an_earning_stays_as_earned",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."county_id" IS DISTINCT FROM (NEW."county_id") OR OLD."seller_id" IS DISTINCT FROM (NEW."seller_id") OR OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."source_id" IS DISTINCT FROM (NEW."source_id") OR OLD."order_id" IS DISTINCT FROM (NEW."order_id") OR OLD."provider" IS DISTINCT FROM (NEW."provider") OR OLD."amount_fen" IS DISTINCT FROM (NEW."amount_fen") OR OLD."earned_at" IS DISTINCT FROM (NEW."earned_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="b93e860250c26761201930994508f0b2c91279e6",
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
                name="an_earning_moves_on_only_while_it_matures",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."maturity_id" IS DISTINCT FROM (NEW."maturity_id"))',
                    func="\n                    if exists (select from settlement_maturity where id in (old.maturity_id, new.maturity_id) and state <> 'maturing') then\n                        raise check_violation using message = 'an earning stays with that by which it matured';\n                    end if;\n                    return new;\n                ",
                    hash="d85a08191839fe7dbd98cce77701e15095fd1090",
                    operation='UPDATE OF "maturity_id"',
                    pgid="pgtrigger_an_earning_moves_on_only_while_it_matures_5f904",
                    table="settlement_earning",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="earning",
            trigger=pgtrigger.compiler.Trigger(
                name="an_earning_moves_on_to_the_same_moment",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."maturity_id" IS DISTINCT FROM (NEW."maturity_id"))',
                    constraint="CONSTRAINT",
                    func="\n                    if (select (seller_id, provider, matures_at) from settlement_maturity where id = new.maturity_id) is distinct from\n                       (select (seller_id, provider, matures_at) from settlement_maturity where id = old.maturity_id) then\n                        raise check_violation using message = 'an earning moves on to what matures at the same moment';\n                    end if;\n                    return null;\n                ",
                    hash="da7169c6fee01a912d39e6aea502a4328d28c68e",
                    operation='UPDATE OF "maturity_id"',
                    pgid="pgtrigger_an_earning_moves_on_to_the_same_moment_cd275",
                    table="settlement_earning",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payout",
            trigger=pgtrigger.compiler.Trigger(
                name="a_payout_is_the_sum_of_its_earnings",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n                    if new.state <> 'dropped' and new.amount_fen is distinct from\n                        (select sum(amount_fen) from settlement_maturity where payout_id = new.id)\n                    and not exists (select from settlement_payout where id = new.id and state = 'dropped')\n                    then\n                        raise check_violation using message = 'a payout is not the sum of its earnings: ' || new.number;\n                    end if;\n                    return null;\n                ",
                    hash="9b25eacb4df6b5134b0c68ae705c4c781eabcac4",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_a_payout_is_the_sum_of_its_earnings_0319b",
                    table="settlement_payout",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="maturity",
            index=models.Index(condition=models.Q(("state", "maturing")), fields=["matures_at"], name="maturity_to_come"),
        ),
        migrations.AddIndex(
            model_name="maturity",
            index=models.Index(condition=models.Q(("payout", None), ("state", "payable")), fields=["seller_id"], name="maturity_to_pay"),
        ),
        migrations.AddIndex(
            model_name="maturity",
            index=models.Index(fields=["seller_id", "matures_at"], name="maturity_of_seller"),
        ),
        migrations.AddIndex(
            model_name="maturity",
            index=models.Index(condition=models.Q(("payout__isnull", False)), fields=["payout"], name="maturity_of_payout"),
        ),
        migrations.AddConstraint(
            model_name="maturity",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "maturing")),
                fields=("seller_id", "provider", "matures_at"),
                name="what_matures_at_one_moment_and_place_is_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="maturity",
            constraint=models.CheckConstraint(
                condition=models.Q(("payout", None), ("state", "payable"), _connector="OR"), name="only_what_has_matured_is_paid"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="maturity",
            trigger=pgtrigger.compiler.Trigger(
                name="a_maturity_stays_where_it_is",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."county_id" IS DISTINCT FROM (NEW."county_id") OR OLD."seller_id" IS DISTINCT FROM (NEW."seller_id") OR OLD."provider" IS DISTINCT FROM (NEW."provider") OR OLD."matures_at" IS DISTINCT FROM (NEW."matures_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="b604d097a5a9e5859c088125e6441d77e8db8e6d",
                    operation="UPDATE",
                    pgid="pgtrigger_a_maturity_stays_where_it_is_641b3",
                    table="settlement_maturity",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="maturity",
            trigger=pgtrigger.compiler.Trigger(
                name="maturities_are_never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="4e4518ab13544cc01df4dfcbeb11ede56aca847f",
                    operation="DELETE",
                    pgid="pgtrigger_maturities_are_never_deleted_c0c68",
                    table="settlement_maturity",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="maturity",
            trigger=pgtrigger.compiler.Trigger(
                name="what_has_matured_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."state" = \'payable\' AND (OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."amount_fen" IS DISTINCT FROM (NEW."amount_fen")))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="385f067829e57f0392884816cc1626ec7e10208d",
                    operation="UPDATE",
                    pgid="pgtrigger_what_has_matured_stays_600fd",
                    table="settlement_maturity",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="maturity",
            trigger=pgtrigger.compiler.Trigger(
                name="what_is_payable_is_the_sum_of_its_earnings",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.\"state\" = 'payable')",
                    constraint="CONSTRAINT",
                    func="\n                    if new.amount_fen is distinct from (select sum(amount_fen) from settlement_earning where maturity_id = new.id) then\n                        raise check_violation using message = 'what is payable is not the sum of its earnings: ' || new.id;\n                    end if;\n                    return null;\n                ",
                    hash="fba1b3a9005d7e14e50d4430a4c1a1158ed054c1",
                    operation='INSERT OR UPDATE OF "state"',
                    pgid="pgtrigger_what_is_payable_is_the_sum_of_its_earnings_5a40c",
                    table="settlement_maturity",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="maturity",
            trigger=pgtrigger.compiler.Trigger(
                name="what_is_claimed_is_let_go_by_a_draft_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."payout_id" IS NOT NULL)',
                    func="\n                    if new.payout_id is distinct from old.payout_id\n                       and (select state from settlement_payout where id = old.payout_id) not in ('draft', 'dropped') then\n                        raise check_violation using message = 'an earning stays with the payout that claimed it';\n                    end if;\n                    return new;\n                ",
                    hash="894e409d4c41c99cf5b3eca5b4f1e857d8d73df8",
                    operation='UPDATE OF "payout_id"',
                    pgid="pgtrigger_what_is_claimed_is_let_go_by_a_draft_only_bcb19",
                    table="settlement_maturity",
                    when="BEFORE",
                ),
            ),
        ),
    ]
