"""What does not fit is found, said once, with an owner and a deadline; nothing is booked away."""

from datetime import datetime, time, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from teahorse.common.ids import new_id
from teahorse.ledger import queries as books
from teahorse.ledger.models import JournalEntry, LedgerAccount
from teahorse.orders import actions as orders
from teahorse.payments import actions as payments
from teahorse.payments.actions.recording import Source, record
from teahorse.payments.models import Payment, ProviderBill, ProviderBillRow, Refund, UnmatchedMoney
from teahorse.payments.providers import Outcome
from teahorse.settlement import actions, comparing
from teahorse.settlement.actions import booking
from teahorse.settlement.models import Difference, Earning
from teahorse.settlement.rules import HOME
from tests import world

from .making import A_DAY, RETURN_WINDOW, arrive, book, centre, closed, paid, pay, placed, refund

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
        cursor.execute("set constraints all deferred")


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


def bill(day, *rows, provider="wechat_pay", account_number=""):
    """Keep a provider's bill of a day: pairs of our number and an amount, a refund's negative."""
    kept = ProviderBill.objects.create(provider=provider, account_number=account_number, day=day, fetched_at=timezone.now())
    for index, (number, fen) in enumerate(rows):
        ProviderBillRow.objects.create(
            bill=kept,
            kind="payment" if fen > 0 else "refund",
            our_number=number if fen > 0 else "",
            refund_number=number if fen < 0 else "",
            provider_number=f"{day}{index}",
            amount_fen=abs(fen),
            occurred_at=timezone.now(),
        )


def payment_of(order):
    return Payment.objects.get(reference=order.group_id)


def bills_differ(now):
    return sorted((one.subject, one.expected_fen, one.found_fen) for one in comparing.differences(now=now))


@pytest.mark.django_db
def test_a_providers_bill_is_compared_line_by_line(goods, now):
    numbers = [payment_of(paid({goods: 1}, now=now)[0]).our_number for _ in range(3)]
    book(now)

    bill(now.date(), (numbers[0], 5000), (numbers[1], 4999), ("unknown", 12))

    assert bills_differ(now + A_DAY) == sorted([(numbers[1], 5000, 4999), (numbers[2], 5000, 0), ("unknown", 0, 12)])


@pytest.mark.django_db
def test_a_day_whose_bill_has_not_come_does_not_differ(goods, now):
    (yesterdays,) = paid({goods: 1}, now=now)
    (todays,) = paid({goods: 1}, now=now + A_DAY)
    (cash,) = paid({goods: 1}, now=now, provider="cash")
    book(now + A_DAY)

    bill(now.date(), (payment_of(yesterdays).our_number, 5000))

    assert {payment_of(order).provider for order in (yesterdays, todays, cash)} == {"wechat_pay", "cash"}
    assert bills_differ(now + 2 * A_DAY) == []
    bill(now.date() + A_DAY)
    assert bills_differ(now + 2 * A_DAY) == [(payment_of(todays).our_number, 5000, 0)]


@pytest.mark.django_db
def test_a_refund_stands_on_the_day_on_which_the_provider_moved_it(goods, now):
    (order,) = paid({goods: 1}, now=now)
    back = refund(order, 700, now=now)
    midnight = datetime.combine(now.date() + A_DAY, time(), HOME)
    arrive(back, now=midnight - timedelta(seconds=1), heard_at=midnight + timedelta(seconds=30))
    book(midnight)

    bill(now.date(), (payment_of(order).our_number, 5000), (back.our_number, -700))

    back.refresh_from_db()
    assert back.settled_at.astimezone(HOME).date() == now.date() + A_DAY
    assert bills_differ(now + A_DAY) == []
    assert comparing.differences(now=now + A_DAY, day=now.date()) == []


@pytest.mark.django_db
def test_a_collectors_bill_is_compared_with_what_she_collected(goods, now):
    hers, _houses = (paid({goods: 1}, now=now)[0] for _ in range(2))
    Payment.objects.filter(pk=payment_of(hers).pk).update(asked={"account": "2021000001"})
    book(now)

    bill(now.date(), account_number="2021000001")

    assert bills_differ(now + A_DAY) == [(payment_of(hers).our_number, 5000, 0)]


@pytest.mark.django_db
def test_assigned_money_stands_on_the_bill_under_the_number_that_it_came_with(goods, now):
    group = placed({goods: 1}, now=now)
    payment = orders.start_payment(group=group, provider="wechat_pay", method="native", now=now)
    came = Outcome(our_number="written-by-hand", kind="succeeded", provider_number="42001", amount_fen=5000, occurred_at=now)
    record([came], source=Source(name="notification", provider="wechat_pay"), now=now)
    row = UnmatchedMoney.objects.get()
    payments.assign_unmatched(unmatched_id=row.pk, our_number=payment.our_number, reason="收银员手写", by_id=new_id(), now=now)
    orders.take_payments(payment_ids=[payment.pk], now=now)
    book(now)

    bill(now.date(), ("written-by-hand", 5000))

    assert bills_differ(now + A_DAY) == []


@pytest.mark.django_db
def test_a_bill_that_does_not_come_is_a_difference(goods, now):
    paid({goods: 1}, now=now)
    (later,) = paid({goods: 1}, now=now + A_DAY)
    book(now + A_DAY)

    early, late = (found(now + days * A_DAY) for days in (1, 2))
    subjects = set(Difference.objects.values_list("subject", flat=True))
    bill(now.date(), *[(one.our_number, 5000) for one in Payment.objects.exclude(reference=later.group_id)])

    assert early == []
    assert (late, subjects) == ([("bill is missing", 5000, 0)], {f"wechat_pay {now:%Y-%m-%d}"})
    assert found(now + 2 * A_DAY) == []


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
    with pytest.raises(actions.NotOpen):
        actions.explain_difference(difference_id=first[0].pk, reason="另一个说法", by=clerk, now=now)
    assert set(Difference.objects.values_list("reason", flat=True)) == {"对过了"}


@pytest.mark.django_db
def test_the_command_books_what_was_forgotten_and_prints_the_count(goods, now, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: now + LATER)
    paid({goods: 1}, now=now)
    said = StringIO()

    with pytest.raises(CommandError):
        call_command("reconcile", stdout=said)
    call_command("reconcile", "--book", stdout=said)

    assert said.getvalue().splitlines()[-1] == "0 differences"
    assert "2 differences" in said.getvalue()


def spoilt(order):
    """Have the books believe that nothing is held of an order, so that nothing of it can be given back."""
    unguarded("update settlement_sale set held_fen = 0 where order_id = %s", order.pk)


@pytest.mark.django_db
def test_an_order_that_cannot_be_booked_holds_no_other_up_and_somebody_looks_at_it(goods, now):
    centre()
    bad, good = (paid({goods: 1}, now=now)[0] for _ in range(2))
    book(now)
    spoilt(bad)
    refunds = [refund(order, 700, now=now) for order in (bad, good)]

    actions.book_refunds(refund_ids=[one.pk for one in refunds], now=now)
    book(now)

    assert books.booked([("refund decided", one.pk) for one in refunds]) == {("refund decided", refunds[1].pk)}
    row = Difference.objects.get(kind="cannot be booked")
    assert (row.subject, row.owner_id, row.state) == (bad.number, centre().pk, "open")
    assert "a_sale_never_holds_less_than_nothing" in row.reason
    actions.reconcile(now=now + timedelta(hours=1))
    row.refresh_from_db()
    assert row.state == "open"
    unguarded("update settlement_sale set held_fen = 5000 where order_id = %s", bad.pk)
    book(now)
    row.refresh_from_db()
    assert row.state == "gone"
    assert found(now + LATER) == []


@pytest.mark.django_db
def test_what_matures_is_compared_with_its_earnings(goods, now):
    (order,) = closed({goods: 1}, now=now)
    actions.book_sales(order_ids=[order.pk], now=now)
    unguarded("update settlement_earning set amount_fen = 4000 where order_id = %s", order.pk)

    assert found(now) == [("what matures and its earnings", 4000, 5000)]


@pytest.mark.django_db
def test_what_cannot_be_booked_is_not_paid_out(goods, now):
    bad, good = (closed({goods: 1}, now=now)[0] for _ in range(2))
    actions.book_sales(order_ids=[bad.pk, good.pk], now=now)
    unguarded("update settlement_sale set refunded_fen = 5000 where order_id = %s", bad.pk)
    back = refund(bad, 700, now=now)
    actions.book_refunds(refund_ids=[back.pk], now=now)

    matured = actions.mature_earnings(now=now + RETURN_WINDOW)

    assert matured == 1
    assert Earning.objects.get(maturity__state="payable").order_id == good.pk


@pytest.mark.django_db
def test_trouble_with_the_database_is_no_orders_fault(goods, now, monkeypatch):
    (order,) = paid({goods: 1}, now=now)

    def breaks(*_args):
        raise OperationalError

    monkeypatch.setattr(booking, "_book", breaks)
    with pytest.raises(OperationalError):
        actions.book_sales(order_ids=[order.pk], now=now)

    assert not Difference.objects.exists()
