"""Entries balance, are booked once, are never changed, and balances are the sum of their postings, whoever writes."""

import os
import signal
import time
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from teahorse.common.ids import new_id
from teahorse.ledger import actions, queries
from teahorse.ledger.models import JournalEntry, LedgerAccount, Posting
from teahorse.ledger.rules import Account, Entry, Line, NotBalanced, lines
from tests.at_once import at_once

BOX = Account("at_provider:cash")
WEIGH_NOW = "set constraints all immediate"


def entry(fen, *, to, now, kind="payment taken", source=None):
    return Entry(kind, source or new_id(), now, lines((BOX, fen), (to, -fen)))


def held(owner=None):
    return Account("held", owner or new_id())


def weigh():
    with connection.cursor() as cursor:
        cursor.execute(WEIGH_NOW)


@pytest.mark.django_db
def test_an_entry_moves_both_balances(now):
    seller = held()

    actions.post(entries=[entry(3800, to=seller, now=now), entry(200, to=seller, now=now)], now=now)
    weigh()

    assert queries.balance(purpose="held", owner_id=seller.owner_id) == -4000
    assert queries.balance(purpose="at_provider:cash") == 4000
    assert queries.trial_balance() == {"at_provider:cash": 4000, "held": -4000}
    assert list(queries.balances_that_do_not_add_up()) == []


@pytest.mark.django_db
def test_a_fact_is_booked_once(now):
    seller, source = held(), new_id()

    first = actions.post(entries=[entry(3800, to=seller, now=now, source=source)], now=now)
    again = actions.post(entries=[entry(3800, to=seller, now=now, source=source), entry(1, to=seller, now=now)], now=now)

    assert (len(first), len(again)) == (1, 1)
    assert queries.balance(purpose="held", owner_id=seller.owner_id) == -3801
    assert queries.booked([("payment taken", source), ("payment taken", new_id())]) == {("payment taken", source)}


@pytest.mark.parametrize("parts", [(), (5,), (5, -4), (5, -5, 0)])
def test_what_does_not_balance_is_not_even_an_entry(parts, now):
    with pytest.raises(NotBalanced):
        Entry("x", new_id(), now, [Line(BOX, fen) for fen in parts])


# --- Against whoever writes


def raw(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def raw_entry(now):
    key = new_id()
    raw(
        "insert into ledger_journalentry (id, kind, source_id, occurred_at, booked_at, memo) values (%s, 'raw', %s, %s, %s, '')",
        key,
        key,
        now,
        now,
    )
    return key


def raw_posting(entry_id, account, fen, now, position=1):
    raw("insert into ledger_posting values (%s, %s, %s, %s, %s)", *_in_order(entry_id, position, account, fen, now))


def _in_order(entry_id, position, account, fen, now):
    given = {"entry_id": entry_id, "position": position, "account_id": account, "amount_fen": fen, "occurred_at": now}
    return [given[field.attname] for field in Posting._meta.concrete_fields]


@pytest.fixture
def accounts(now):
    """Two accounts that exist."""
    seller = held()
    actions.post(entries=[entry(1000, to=seller, now=now)], now=now)
    return BOX.id, seller.id


@pytest.mark.django_db
def test_raw_postings_one_by_one_are_weighed_at_the_end(accounts, now):
    box, seller = accounts
    key = raw_entry(now)

    raw_posting(key, box, 5, now)
    raw_posting(key, seller, -5, now, position=2)
    weigh()

    assert queries.balance(purpose="at_provider:cash") == 1005


@pytest.mark.django_db
@pytest.mark.parametrize("parts", [[], [5], [5, -4]])
def test_the_database_refuses_what_does_not_balance(accounts, now, parts):
    key = raw_entry(now)
    for position, fen in enumerate(parts, start=1):
        raw_posting(key, accounts[0], fen, now, position)

    with pytest.raises(IntegrityError, match="does not balance"):
        weigh()


@pytest.mark.django_db
def test_an_entry_that_was_weighed_takes_nothing_more(accounts, now):
    key = raw_entry(now)
    raw_posting(key, accounts[0], 5, now)
    raw_posting(key, accounts[1], -5, now, position=2)
    weigh()

    with pytest.raises(IntegrityError, match="in the transaction of their entry"):
        raw_posting(key, accounts[0], 7, now, position=3)


WHOLE = """
    with entry as (
        insert into ledger_journalentry (id, kind, source_id, occurred_at, booked_at, memo, is_whole)
        values (%(key)s, 'raw', %(key)s, %(now)s, %(now)s, '', true)
    )
    insert into ledger_posting (entry_id, position, account_id, amount_fen, occurred_at)
    select %(key)s, position, account, fen, %(now)s from unnest(%(accounts)s::uuid[], %(fen)s::bigint[])
        with ordinality as line (account, fen, position)
"""


def raw_whole(accounts, fen, now):
    key = new_id()
    with connection.cursor() as cursor:
        cursor.execute(WHOLE, {"key": key, "now": now, "accounts": list(accounts)[: len(fen)], "fen": list(fen)})
    return key


@pytest.mark.django_db
@pytest.mark.parametrize("fen", [(), (5,), (5, -4)])
def test_an_entry_that_says_it_is_whole_is_weighed_at_once(accounts, now, fen):
    with pytest.raises(IntegrityError, match=r"does not balance|in the transaction of their entry"), transaction.atomic():
        raw_whole(accounts, fen, now)

    assert queries.balance(purpose="at_provider:cash") == 1000
    assert JournalEntry.objects.count() == 1


@pytest.mark.django_db
def test_a_whole_entry_takes_no_half_of_a_pair_afterwards(accounts, now):
    box, _ = accounts
    key = raw_whole(accounts, (5, -5), now)

    with pytest.raises(IntegrityError, match="in the transaction of their entry"), transaction.atomic():
        raw_posting(key, box, 7, now, position=3)

    assert queries.balance(purpose="at_provider:cash") == 1005


@pytest.mark.django_db
def test_nobody_says_afterwards_that_an_entry_is_whole(accounts, now):
    key = raw_entry(now)

    with pytest.raises(DatabaseError), transaction.atomic():
        raw("update ledger_journalentry set is_whole = true where id = %s", key)

    with pytest.raises(IntegrityError, match="does not balance"):
        weigh()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_added_to_an_entry_of_yesterday(now):
    seller = held()
    (key,) = actions.post(entries=[entry(1000, to=seller, now=now)], now=now)
    pair = ((BOX.id, 5, 3), (seller.id, -5, 4))

    with pytest.raises(IntegrityError, match="in the transaction of their entry"), transaction.atomic():
        Posting.objects.bulk_create(
            [
                Posting(entry_id=key, position=position, account_id=account, amount_fen=fen, occurred_at=now)
                for account, fen, position in pair
            ]
        )

    assert queries.balance(purpose="at_provider:cash") == 1000


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "update ledger_posting set amount_fen = amount_fen + 1",
        "delete from ledger_posting",
        "update ledger_journalentry set memo = 'x'",
        "delete from ledger_journalentry",
        "delete from ledger_ledgeraccount",
        "update ledger_ledgeraccount set balance_fen = 0",
        "update ledger_ledgeraccount set purpose = 'mine'",
    ],
)
def test_the_books_are_never_changed(accounts, statement):
    with pytest.raises(DatabaseError), transaction.atomic():
        raw(statement)

    assert queries.balance(purpose="at_provider:cash") == 1000


@pytest.mark.django_db
def test_postings_need_accounts_that_exist(accounts, now):
    key = raw_entry(now)

    with pytest.raises(IntegrityError, match="accounts that do not exist"):
        raw_posting(key, new_id(), 5, now)


# --- Taken back, and read


@pytest.mark.django_db
def test_an_entry_is_taken_back_by_another_once(now):
    seller = held()
    (key,) = actions.post(entries=[entry(3800, to=seller, now=now)], now=now)

    turned = actions.reverse(entry=JournalEntry.objects.get(pk=key), occurred_at=now, now=now)

    assert turned.reverses_id == key
    assert queries.balance(purpose="held", owner_id=seller.owner_id) == 0
    with pytest.raises(actions.AlreadyReversed):
        actions.reverse(entry=JournalEntry.objects.get(pk=key), occurred_at=now, now=now)


@pytest.mark.django_db
def test_a_statement_opens_with_what_was_and_closes_with_what_is(now):
    seller = held()
    days = [now + timedelta(days=day) for day in range(4)]
    actions.post(entries=[entry(100 * (day + 1), to=seller, now=at) for day, at in enumerate(days)], now=now)

    found = queries.statement(purpose="held", owner_id=seller.owner_id, starts_at=days[1], ends_at=days[3])

    assert (found.opening_fen, [line.amount_fen for line in found.lines], found.closing_fen) == (-100, [-200, -300], -600)


# --- At once, and cut off


@pytest.mark.django_db(transaction=True)
def test_many_post_to_one_account_at_once(now):
    sellers = [held() for _ in range(4)]

    def work(turn):
        def post():
            for _ in range(20):
                mine = sellers[turn:] + sellers[:turn]
                actions.post(entries=[entry(7, to=seller, now=now) for seller in mine], now=now)

        return post

    at_once(*(work(turn) for turn in range(4)))

    assert queries.balance(purpose="at_provider:cash") == 7 * 4 * 4 * 20
    assert list(queries.balances_that_do_not_add_up()) == []


@pytest.mark.django_db(transaction=True)
def test_the_same_facts_at_once_are_booked_once(now):
    seller, sources = held(), [new_id() for _ in range(30)]

    def work():
        for source in sources:
            actions.post(entries=[entry(7, to=seller, now=now, source=source)], now=now)

    at_once(work, work, work, work)

    assert JournalEntry.objects.count() == 30
    assert queries.balance(purpose="held", owner_id=seller.owner_id) == -210


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_in_the_middle_leaves_nothing(now):
    seller = held()
    actions.post(entries=[entry(100, to=seller, now=now)], now=now)
    connection.close()
    connection.close_pool()  # the child must not speak on its parent's lines
    read, write = os.pipe()

    child = os.fork()
    if child == 0:
        with transaction.atomic():
            actions.post(entries=[entry(7, to=seller, now=now) for _ in range(50)], now=now)
            os.write(write, b"x")
            time.sleep(30)
        os._exit(0)
    os.read(read, 1)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    actions.post(entries=[entry(1, to=seller, now=now)], now=now)

    assert queries.balance(purpose="held", owner_id=seller.owner_id) == -101
    assert JournalEntry.objects.count() == 2
    assert list(queries.balances_that_do_not_add_up()) == []
    assert sum(LedgerAccount.objects.values_list("balance_fen", flat=True)) == 0
