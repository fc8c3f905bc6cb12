"""The books: accounts, entries and postings, held by triggers."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import teahorse.common.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="JournalEntry",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=40)),
                ("source_id", models.UUIDField(help_text="the row that the fact stands in")),
                ("occurred_at", models.DateTimeField()),
                ("booked_at", models.DateTimeField()),
                ("memo", models.CharField(blank=True, max_length=80)),
                (
                    "written_in",
                    models.BigIntegerField(
                        db_default=models.Func(output_field=models.BigIntegerField(), template="(pg_current_xact_id()::text::bigint)"),
                        editable=False,
                        help_text="the transaction that wrote it; its postings come in the same",
                    ),
                ),
                (
                    "reverses",
                    models.OneToOneField(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="reversed_by", to="ledger.journalentry"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LedgerAccount",
            fields=[
                ("id", models.UUIDField(default=teahorse.common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("purpose", models.CharField(max_length=40)),
                ("owner_id", models.UUIDField(help_text="the organisation whose it is; nobody: the house", null=True)),
                ("county_id", models.UUIDField(editable=False, help_text="where it belongs in reports", null=True)),
                ("balance_fen", models.BigIntegerField(default=0)),
            ],
            options={
                "indexes": [models.Index(fields=["owner_id"], name="account_of_owner")],
                "constraints": [
                    models.UniqueConstraint(fields=("purpose", "owner_id"), name="one_account_per_purpose_and_owner", nulls_distinct=False)
                ],
            },
        ),
        migrations.CreateModel(
            name="Posting",
            fields=[
                ("pk", models.CompositePrimaryKey("entry_id", "position", blank=True, editable=False, primary_key=True, serialize=False)),
                (
                    "entry",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="postings",
                        to="ledger.journalentry",
                    ),
                ),
                ("position", models.SmallIntegerField()),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="postings",
                        to="ledger.ledgeraccount",
                    ),
                ),
                ("amount_fen", models.BigIntegerField()),
                ("occurred_at", models.DateTimeField(help_text="the entry's, for statements")),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="ledgeraccount",
            trigger=pgtrigger.compiler.Trigger(
                name="accounts_are_never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="eb2c9f990f32a50725fc8bb6d0f0701677b22d6f",
                    operation="DELETE",
                    pgid="pgtrigger_accounts_are_never_deleted_a73c5",
                    table="ledger_ledgeraccount",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="ledgeraccount",
            trigger=pgtrigger.compiler.Trigger(
                name="an_account_stays_whose_it_is",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."purpose" IS DISTINCT FROM (NEW."purpose") OR OLD."owner_id" IS DISTINCT FROM (NEW."owner_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="14bf2e2653ccceb2ec71736120469c47fa43a66d",
                    operation="UPDATE",
                    pgid="pgtrigger_an_account_stays_whose_it_is_4f96e",
                    table="ledger_ledgeraccount",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="ledgeraccount",
            trigger=pgtrigger.compiler.Trigger(
                name="an_account_begins_with_nothing",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="new.balance_fen = 0; return new;",
                    hash="33037e3a6777900d6b97896ada4575cb2505c847",
                    operation="INSERT",
                    pgid="pgtrigger_an_account_begins_with_nothing_b7d49",
                    table="ledger_ledgeraccount",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="ledgeraccount",
            trigger=pgtrigger.compiler.Trigger(
                name="a_balance_moves_with_postings_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    if pg_trigger_depth() < 2 then\n                        raise check_violation using message = 'a balance moves with postings only';\n                    end if;\n                    return new;\n                ",
                    hash="1b8169d616e7cb19725d0b816cdc08c36cb50e6e",
                    operation='UPDATE OF "balance_fen"',
                    pgid="pgtrigger_a_balance_moves_with_postings_only_28f82",
                    table="ledger_ledgeraccount",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="journalentry",
            constraint=models.UniqueConstraint(fields=("kind", "source_id"), name="a_fact_is_booked_once"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journalentry",
            trigger=pgtrigger.compiler.Trigger(
                name="entries_are_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="74ea10654ecf9d80f9b97b3139b6a1ea5fb82424",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_entries_are_never_changed_f9bbd",
                    table="ledger_journalentry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journalentry",
            trigger=pgtrigger.compiler.Trigger(
                name="an_entry_knows_its_transaction",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    if exists (select from placed where written_in <> pg_current_xact_id()::text::bigint) then\n                        raise check_violation using message = 'an entry is of another transaction';\n                    end if;\n                    return null;\n                ",
                    hash="8742fd9099f3419fa6b30d3d9b4b807ed52b25a3",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_an_entry_knows_its_transaction_3fd09",
                    referencing="REFERENCING NEW TABLE AS placed ",
                    table="ledger_journalentry",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journalentry",
            trigger=pgtrigger.compiler.Trigger(
                name="an_entry_sums_to_nothing",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    declare="DECLARE fen bigint; parts bigint; before text := current_setting('enable_seqscan'); said text := set_config('enable_seqscan', 'off', true);",
                    func="\n                    select sum(amount_fen), count(*) into fen, parts from ledger_posting where entry_id = new.id;\n                    said = set_config('enable_seqscan', before, true);\n                    if parts < 2 or fen <> 0 then\n                        raise check_violation using message =\n                            format('entry %s %s does not balance: %s postings, %s fen', new.kind, new.source_id, parts, fen);\n                    end if;\n                    said = set_config('ledger.weighed_in', pg_current_xact_id()::text::bigint::text, true);\n                    return null;\n                ",
                    hash="f7308093e3f2223d666bdb0de4f0c69c6e1c8c34",
                    operation="INSERT",
                    pgid="pgtrigger_an_entry_sums_to_nothing_44498",
                    table="ledger_journalentry",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="posting",
            index=models.Index(fields=["account", "occurred_at"], include=("amount_fen",), name="posting_of_account"),
        ),
        migrations.AddConstraint(
            model_name="posting",
            constraint=models.CheckConstraint(condition=models.Q(("amount_fen", 0), _negated=True), name="a_posting_is_of_something"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="posting",
            trigger=pgtrigger.compiler.Trigger(
                name="postings_are_never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="8b761d033d5d43f5235c8e383514143383243756",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_postings_are_never_changed_2e97f",
                    table="ledger_posting",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="posting",
            trigger=pgtrigger.compiler.Trigger(
                name="postings_come_with_their_entry",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE wrong text; missing bigint; before text := current_setting('enable_seqscan');",
                    func="\n                    perform set_config('enable_seqscan', 'off', true);\n                    select string_agg(of_entry.entry_id::text, ', ') into wrong\n                      from (select entry_id, sum(amount_fen) as fen, min(occurred_at) as first, max(occurred_at) as last\n                              from placed group by entry_id) of_entry\n                      left join lateral (select written_in, occurred_at from ledger_journalentry where id = of_entry.entry_id offset 0)\n                        entry on true\n                     where entry.written_in is distinct from pg_current_xact_id()::text::bigint\n                        or entry.occurred_at <> of_entry.first or entry.occurred_at <> of_entry.last\n                        -- an entry that was weighed already (set constraints ... immediate) takes no half of a pair any more\n                        or (of_entry.fen <> 0 and current_setting('ledger.weighed_in', true) = pg_current_xact_id()::text::bigint::text);\n                    if wrong is not null then\n                        raise check_violation using message = 'postings come in the transaction of their entry: ' || wrong;\n                    end if;\n                    perform from ledger_ledgeraccount where id in (select account_id from placed) order by id for update;\n                    with moved as (\n                        update ledger_ledgeraccount account set balance_fen = balance_fen + of_account.fen\n                          from (select account_id, sum(amount_fen) as fen from placed group by account_id) of_account\n                         where account.id = of_account.account_id\n                        returning account.id\n                    )\n                    select count(distinct account_id) - (select count(*) from moved) into missing from placed;\n                    perform set_config('enable_seqscan', before, true);\n                    if missing > 0 then\n                        raise foreign_key_violation using message = 'postings to accounts that do not exist';\n                    end if;\n                    return null;\n                ",
                    hash="f52f73658cb17b02f36efefef6a588e788cf4141",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_postings_come_with_their_entry_05ac1",
                    referencing="REFERENCING NEW TABLE AS placed ",
                    table="ledger_posting",
                    when="AFTER",
                ),
            ),
        ),
    ]
