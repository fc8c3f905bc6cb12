"""Triggers ask quickly whether they are ignored, and are."""

import pgtrigger
import pytest
from django.db import DatabaseError, connection, transaction

from teahorse.common.ids import new_id
from teahorse.ledger import actions
from teahorse.ledger.models import JournalEntry
from teahorse.ledger.rules import Account, Entry, Line


@pytest.mark.django_db
def test_after_the_migrations_triggers_ask_by_one_expression():
    with connection.cursor() as cursor:
        cursor.execute("select lanname from pg_proc join pg_language l on l.oid = prolang where proname = '_pgtrigger_should_ignore'")

        assert cursor.fetchall() == [("sql",)]


@pytest.mark.django_db
def test_a_trigger_is_ignored_only_where_somebody_says_so(now):
    lines = [Line(Account("at_provider:cash"), 5), Line(Account("unexplained"), -5)]
    actions.post(entries=[Entry("x", new_id(), now, lines, "before")], now=now)

    with pgtrigger.ignore("ledger.JournalEntry:entries_are_never_changed"):
        JournalEntry.objects.update(memo="after")

    assert JournalEntry.objects.get().memo == "after"
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        JournalEntry.objects.update(memo="once more")
