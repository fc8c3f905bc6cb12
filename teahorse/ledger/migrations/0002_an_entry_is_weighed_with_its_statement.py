"""An entry whose postings come in the same statement is weighed at its end, all at once; few reverse another."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0001_accounts_entries_and_postings"),
    ]

    operations = [
        migrations.RunSQL("set local lock_timeout = '2s'", migrations.RunSQL.noop),
        pgtrigger.migrations.RemoveTrigger(
            model_name="journalentry",
            name="an_entry_knows_its_transaction",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="journalentry",
            name="an_entry_sums_to_nothing",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="posting",
            name="postings_come_with_their_entry",
        ),
        migrations.AddField(
            model_name="journalentry",
            name="is_whole",
            field=models.BooleanField(
                db_default=False,
                editable=False,
                help_text="its postings come in the same statement and are weighed at its end, not at commit",
            ),
        ),
        migrations.AlterField(
            model_name="journalentry",
            name="reverses",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="reversals", to="ledger.journalentry"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journalentry",
            trigger=pgtrigger.compiler.Trigger(
                name="an_entry_knows_its_transaction",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE bare text; before text := current_setting('enable_seqscan');",
                    func="\n                    if exists (select from placed where written_in <> pg_current_xact_id()::text::bigint) then\n                        raise check_violation using message = 'an entry is of another transaction';\n                    end if;\n                    -- the postings of one that says it is whole stand already; that they balance their own trigger sees to\n                    perform set_config('enable_seqscan', 'off', true);\n                    select string_agg(format('%s %s', kind, source_id), ', ') into bare from placed\n                     where is_whole and (select true from ledger_posting where entry_id = placed.id limit 1) is null;\n                    perform set_config('enable_seqscan', before, true);\n                    if bare is not null then\n                        raise check_violation using message = format('entry %s does not balance: it has no postings', bare);\n                    end if;\n                    return null;\n                ",
                    hash="0489cb21bd4f2c0218b455e797ff968a80ab4ba6",
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
                    condition='WHEN (NOT NEW."is_whole")',
                    constraint="CONSTRAINT",
                    declare="DECLARE fen bigint; parts bigint; before text := current_setting('enable_seqscan'); said text := set_config('enable_seqscan', 'off', true);",
                    func="\n                    select sum(amount_fen), count(*) into fen, parts from ledger_posting where entry_id = new.id;\n                    said = set_config('enable_seqscan', before, true);\n                    if parts < 2 or fen <> 0 then\n                        raise check_violation using message =\n                            format('entry %s %s does not balance: %s postings, %s fen', new.kind, new.source_id, parts, fen);\n                    end if;\n                    said = set_config('ledger.weighed_in', pg_current_xact_id()::text::bigint::text, true);\n                    return null;\n                ",
                    hash="36caac14172e3c8d24540801ba74af846dc54aa0",
                    operation="INSERT",
                    pgid="pgtrigger_an_entry_sums_to_nothing_44498",
                    table="ledger_journalentry",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="posting",
            trigger=pgtrigger.compiler.Trigger(
                name="postings_come_with_their_entry",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE wrong text; missing bigint; before text := current_setting('enable_seqscan');",
                    func="\n                    perform set_config('enable_seqscan', 'off', true);\n                    select string_agg(of_entry.entry_id::text, ', ') into wrong\n                      from (select entry_id, sum(amount_fen) as fen, min(occurred_at) as first, max(occurred_at) as last\n                              from placed group by entry_id) of_entry\n                      left join lateral (select written_in, occurred_at, is_whole from ledger_journalentry\n                                          where id = of_entry.entry_id offset 0) entry on true\n                     where entry.written_in is distinct from pg_current_xact_id()::text::bigint\n                        or entry.occurred_at <> of_entry.first or entry.occurred_at <> of_entry.last\n                        -- a whole entry takes no half of a pair, one that was weighed already (set constraints ... immediate) no more\n                        or (of_entry.fen <> 0 and (entry.is_whole\n                            or current_setting('ledger.weighed_in', true) = pg_current_xact_id()::text::bigint::text));\n                    if wrong is not null then\n                        raise check_violation using message = 'postings come in the transaction of their entry: ' || wrong;\n                    end if;\n                    perform from ledger_ledgeraccount where id in (select account_id from placed) order by id for update;\n                    with moved as (\n                        update ledger_ledgeraccount account set balance_fen = balance_fen + of_account.fen\n                          from (select account_id, sum(amount_fen) as fen from placed group by account_id) of_account\n                         where account.id = of_account.account_id\n                        returning account.id\n                    )\n                    select count(distinct account_id) - (select count(*) from moved) into missing from placed;\n                    perform set_config('enable_seqscan', before, true);\n                    if missing > 0 then\n                        raise foreign_key_violation using message = 'postings to accounts that do not exist';\n                    end if;\n                    return null;\n                ",
                    hash="def59e3ce87c8a10e41b967a5eecdd6b11d041e2",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_postings_come_with_their_entry_05ac1",
                    referencing="REFERENCING NEW TABLE AS placed ",
                    table="ledger_posting",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="journalentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reverses", None), _negated=True), fields=("reverses",), name="an_entry_is_reversed_once"
            ),
        ),
    ]
