"""Parts are worked off by several threads at once, each with a connection and transactions of its own."""

import threading

import pytest
from django.db import connection, transaction

from teahorse.common.ids import new_id
from teahorse.common.side_by_side import side_by_side
from teahorse.ledger.models import LedgerAccount


def backend():
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        return cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_two_parts_run_at_once_and_answer_in_their_order(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    both = threading.Barrier(2, timeout=30)

    def work(part):
        pid = backend()
        both.wait()
        return part, pid

    found = side_by_side(work, ["first", "second"])

    assert [part for part, _ in found] == ["first", "second"]
    assert len({pid for _, pid in found}) == 2


@pytest.mark.django_db(transaction=True)
def test_within_a_transaction_parts_see_what_it_has_written():
    with transaction.atomic():
        LedgerAccount.objects.create(purpose="held", owner_id=new_id())

        assert side_by_side(lambda _: LedgerAccount.objects.count(), range(3)) == [1, 1, 1]


@pytest.mark.django_db(transaction=True)
def test_one_that_fails_is_told_and_undoes_no_other(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    written = threading.Event()

    def work(part):
        if part == "fails":
            assert written.wait(30)
            raise ValueError(part)
        LedgerAccount.objects.create(purpose="held", owner_id=new_id())
        written.set()

    with pytest.raises(ValueError, match="fails"):
        side_by_side(work, ["fails", "writes"])

    assert LedgerAccount.objects.count() == 1
