"""
The books: accounts, entries and their postings.

An entry's postings are written with it, sum to nothing, and are never changed; what was wrong is reversed by another
entry. The database holds all of this against whoever writes, and keeps each account's balance with the postings.
"""

import pgtrigger
from django.db import models

from teahorse.common.models import Keyed

# The plans of a trigger are kept for a session: one made while a table was small would read it whole for ever. So the triggers
# that look rows up do it without ``enable_seqscan``.


def _this_transaction() -> models.Func:
    """Return the number of the transaction that runs, savepoints or not; PostgreSQL gives each out once."""
    return models.Func(template="(pg_current_xact_id()::text::bigint)", output_field=models.BigIntegerField())


class LedgerAccount(Keyed):
    """Money of one party for one purpose; its balance is the sum of its postings, debits positive."""

    purpose = models.CharField(max_length=40)
    owner_id = models.UUIDField(null=True, help_text="the organisation whose it is; nobody: the house")
    county_id = models.UUIDField(null=True, editable=False, help_text="where it belongs in reports")
    balance_fen = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "owner_id"], nulls_distinct=False, name="one_account_per_purpose_and_owner"),
        ]
        indexes = [models.Index(fields=["owner_id"], name="account_of_owner")]
        triggers = [
            pgtrigger.Protect(name="accounts_are_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="an_account_stays_whose_it_is", fields=["id", "purpose", "owner_id"]),
            pgtrigger.Trigger(
                name="an_account_begins_with_nothing",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="new.balance_fen = 0; return new;",
            ),
            pgtrigger.Trigger(
                name="a_balance_moves_with_postings_only",
                operation=pgtrigger.UpdateOf("balance_fen"),
                when=pgtrigger.Before,
                func="""
                    if pg_trigger_depth() < 2 then
                        raise check_violation using message = 'a balance moves with postings only';
                    end if;
                    return new;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.balance_fen}"


class JournalEntry(Keyed):
    """One fact in the books, once: ``kind`` and ``source_id`` say which. Its postings sum to nothing."""

    kind = models.CharField(max_length=40)
    source_id = models.UUIDField(help_text="the row that the fact stands in")
    occurred_at = models.DateTimeField()
    booked_at = models.DateTimeField()
    memo = models.CharField(max_length=80, blank=True)
    reverses = models.ForeignKey("self", models.PROTECT, related_name="reversals", null=True, db_index=False)
    written_in = models.BigIntegerField(
        editable=False, db_default=_this_transaction(), help_text="the transaction that wrote it; its postings come in the same"
    )
    is_whole = models.BooleanField(
        editable=False, db_default=False, help_text="its postings come in the same statement and are weighed at its end, not at commit"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "source_id"], name="a_fact_is_booked_once"),
            # nearly no entry reverses another, and each would have its place in the index of a key that is unique
            models.UniqueConstraint(fields=["reverses"], condition=~models.Q(reverses=None), name="an_entry_is_reversed_once"),
        ]
        triggers = [
            pgtrigger.Protect(name="entries_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="an_entry_knows_its_transaction",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                level=pgtrigger.Statement,
                referencing=pgtrigger.Referencing(new="placed"),
                declare=[("bare", "text"), ("before", "text := current_setting('enable_seqscan')")],
                func="""
                    if exists (select from placed where written_in <> pg_current_xact_id()::text::bigint) then
                        raise check_violation using message = 'an entry is of another transaction';
                    end if;
                    -- the postings of one that says it is whole stand already; that they balance their own trigger sees to
                    perform set_config('enable_seqscan', 'off', true);
                    select string_agg(format('%s %s', kind, source_id), ', ') into bare from placed
                     where is_whole and (select true from ledger_posting where entry_id = placed.id limit 1) is null;
                    perform set_config('enable_seqscan', before, true);
                    if bare is not null then
                        raise check_violation using message = format('entry %s does not balance: it has no postings', bare);
                    end if;
                    return null;
                """,
            ),
            pgtrigger.Trigger(
                name="an_entry_sums_to_nothing",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__is_whole=False),
                declare=[
                    ("fen", "bigint"),
                    ("parts", "bigint"),
                    ("before", "text := current_setting('enable_seqscan')"),
                    ("said", "text := set_config('enable_seqscan', 'off', true)"),  # an assignment, much cheaper than perform
                ],
                func="""
                    select sum(amount_fen), count(*) into fen, parts from ledger_posting where entry_id = new.id;
                    said = set_config('enable_seqscan', before, true);
                    if parts < 2 or fen <> 0 then
                        raise check_violation using message =
                            format('entry %s %s does not balance: %s postings, %s fen', new.kind, new.source_id, parts, fen);
                    end if;
                    said = set_config('ledger.weighed_in', pg_current_xact_id()::text::bigint::text, true);
                    return null;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.source_id}"


class Posting(models.Model):
    """So many fen of an entry on an account: to its debit where positive, to its credit where negative; never nothing."""

    pk = models.CompositePrimaryKey("entry_id", "position")
    # the trigger below looks for both rows, many at once
    entry = models.ForeignKey(JournalEntry, models.PROTECT, related_name="postings", db_constraint=False, db_index=False)
    position = models.SmallIntegerField()
    account = models.ForeignKey(LedgerAccount, models.PROTECT, related_name="postings", db_constraint=False, db_index=False)
    amount_fen = models.BigIntegerField()
    occurred_at = models.DateTimeField(help_text="the entry's, for statements")

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(amount_fen=0), name="a_posting_is_of_something")]
        indexes = [models.Index(fields=["account", "occurred_at"], include=["amount_fen"], name="posting_of_account")]
        triggers = [
            pgtrigger.Protect(name="postings_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="postings_come_with_their_entry",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                level=pgtrigger.Statement,
                referencing=pgtrigger.Referencing(new="placed"),
                declare=[("wrong", "text"), ("missing", "bigint"), ("before", "text := current_setting('enable_seqscan')")],
                func="""
                    perform set_config('enable_seqscan', 'off', true);
                    select string_agg(of_entry.entry_id::text, ', ') into wrong
                      from (select entry_id, sum(amount_fen) as fen, min(occurred_at) as first, max(occurred_at) as last
                              from placed group by entry_id) of_entry
                      left join lateral (select written_in, occurred_at, is_whole from ledger_journalentry
                                          where id = of_entry.entry_id offset 0) entry on true
                     where entry.written_in is distinct from pg_current_xact_id()::text::bigint
                        or entry.occurred_at <> of_entry.first or entry.occurred_at <> of_entry.last
                        -- a whole entry takes no half of a pair, one that was weighed already (set constraints ... immediate) no more
                        or (of_entry.fen <> 0 and (entry.is_whole
                            or current_setting('ledger.weighed_in', true) = pg_current_xact_id()::text::bigint::text));
                    if wrong is not null then
                        raise check_violation using message = 'postings come in the transaction of their entry: ' || wrong;
                    end if;
                    perform from ledger_ledgeraccount where id in (select account_id from placed) order by id for update;
                    with moved as (
                        update ledger_ledgeraccount account set balance_fen = balance_fen + of_account.fen
                          from (select account_id, sum(amount_fen) as fen from placed group by account_id) of_account
                         where account.id = of_account.account_id
                        returning account.id
                    )
                    select count(distinct account_id) - (select count(*) from moved) into missing from placed;
                    perform set_config('enable_seqscan', before, true);
                    if missing > 0 then
                        raise foreign_key_violation using message = 'postings to accounts that do not exist';
                    end if;
                    return null;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_fen}"
