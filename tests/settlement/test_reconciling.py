"""What does not fit is found, said once, with an owner and a deadline; nothing is booked away."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from teahorse.ledger.models import JournalEntry, LedgerAccount
from teahorse.payments.models import Refund
from teahorse.settlement import actions, comparing, facts
from teahorse.settlement.facts import BillLine
from teahorse.settlement.models import Difference
from tests import world

from .making import arrive, book, centre, closed, paid, pay, placed, refund

LATER = timedelta(hours=2)


@pytest.fixture
def goods(db):
    return world.offer(world.organisation("coop"), price_fen=3800, on_hand=100)


def unguarded(sql, *values):
    """Do what no trigger would let anybody do."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("set local session_replication_role = replica")
        cursor.execute(sql, values)
        cursor.execute("set local session_replication_role = origin")


def found(now, **more):
    return [(one.kind, one.expected_fen, one.found_fen) for one in actions.reconcile(now=now + LATER, **more)]


@pytest.mark.django_db
def test_what_was_never_booked_is_a_difference_until_it_is(goods, now):
    (order,) = closed({goods: 1}, now=now)
    arrive(refund(order, 700, now=now), now=now)

    missing = found(now)
    same = found(now)
    book(now)

    assert sorted(missing) == [
        ("order closed, not booked", 5000, 0),
        ("order paid, not frozen", 5000, 0),
        ("payment not booked", 5000, 0),
        ("refund arrived, not booked", 700, 0),
        ("refund not booked", 700, 0),
    ]
    assert same == missing
    assert Difference.objects.count() == 5
    assert found(now) == []
    assert set(Difference.objects.values_list("state", flat=True)) == {"gone"}
    assert JournalEntry.objects.count() == 4


@pytest.mark.django_db
def test_a_day_looks_at_its_own_facts(goods, now):
    paid({goods: 1}, now=now)
    day = now.date()

    assert len(found(now, day=day)) == 2
    assert found(now + timedelta(days=2), day=day + timedelta(days=1)) == []


@pytest.mark.django_db
def test_a_balance_that_was_tampered_with_is_found(goods, now):
    paid({goods: 1}, now=now)
    book(now)

    unguarded("update ledger_ledgeraccount set balance_fen = balance_fen + 1 where purpose = 'held'")

    assert sorted(found(now)) == [
        ("account and what it stands for", 5000, 4999),
        ("balance and its postings", -5000, -4999),
        ("the books do not balance", 0, 1),
    ]
    assert LedgerAccount.objects.count() == 2


@pytest.mark.django_db
def test_paid_but_no_order_is_found(goods, now):
    group = placed({goods: 1}, now=now)
    pay(group, now=now)
    book(now)

    assert found(now) == [("money held, order not paid", 0, 5000)]


@pytest.mark.django_db
def test_a_refund_that_arrived_only_here_is_found(goods, now):
    (order,) = paid({goods: 1}, now=now)
    back = refund(order, 700, now=now)
    book(now)

    Refund.objects.filter(pk=back.pk).update(state="succeeded", settled_at=now)
    book(now)

    assert found(now) == [("refunds and their events", 700, 0)]


@pytest.mark.django_db
def test_a_providers_bill_is_compared_line_by_line(goods, now, monkeypatch):
    payments = [paid({goods: 1}, now=now)[0] for _ in range(3)]
    book(now)
    from teahorse.payments.models import Payment

    numbers = [Payment.objects.get(reference=order.group_id).our_number for order in payments]
    bill = [BillLine("wechat_pay", numbers[0], 5000), BillLine("wechat_pay", numbers[1], 4999), BillLine("wechat_pay", "unknown", 12)]
    monkeypatch.setattr(comparing, "bill_lines", lambda **_window: {"wechat_pay": bill})

    differing = [(one.subject, one.expected_fen, one.found_fen) for one in actions.reconcile(now=now + LATER)]

    assert sorted(differing) == sorted([(numbers[1], 5000, 4999), (numbers[2], 5000, 0), ("unknown", 0, 12)])
    assert facts.bill_lines(starts_at=now, ends_at=now) == {}


@pytest.mark.django_db
def test_an_explained_difference_stays_explained_while_it_is_the_same(goods, now):
    centre()
    paid({goods: 1}, now=now)
    first = actions.reconcile(now=now + LATER)
    clerk = world.person()

    for row in first:
        actions.explain_difference(difference_id=row.pk, reason="对过了", by=clerk, now=now)

    assert {row.owner_id for row in first} == {centre().pk}
    assert {row.due_at for row in first} == {now + LATER + timedelta(days=2)}
    assert found(now) == []
    assert set(Difference.objects.values_list("state", flat=True)) == {"explained"}
    with pytest.raises(actions.NoReason):
        actions.explain_difference(difference_id=first[0].pk, reason=" ", by=clerk, now=now)


@pytest.mark.django_db
def test_the_command_books_what_was_forgotten_and_prints_the_count(goods, now):
    paid({goods: 1}, now=now)
    said = StringIO()

    with pytest.raises(CommandError):
        call_command("reconcile", stdout=said)
    call_command("reconcile", "--book", stdout=said)

    assert said.getvalue().splitlines()[-1] == "0 differences"
    assert "2 differences" in said.getvalue()
