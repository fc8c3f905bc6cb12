"""One job a process applies the inbox as long as messages come; none is left behind when it ends."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from teahorse.common.ids import new_id
from teahorse.payments import tasks
from teahorse.payments.actions import inbox
from teahorse.payments.actions.jobs import APPLY
from teahorse.payments.models import Payment
from teahorse.payments.providers import NotificationRead, Outcome

from .making import opened

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _quickly(monkeypatch):
    monkeypatch.setattr(tasks, "GATHERING_SECONDS", 0.01)


def comes(payment):
    """A genuine message that a payment's money is here."""
    number, now = payment.our_number, timezone.now()
    outcome = Outcome(our_number=number, kind="succeeded", provider_number=f"42{number[:9]}", amount_fen=3800, occurred_at=now)
    read = NotificationRead(event_id=number, event_type="TRANSACTION.SUCCESS", nonce=number, outcome=outcome)
    inbox.keep_genuine([inbox.Genuine(key=new_id(), provider="wechat_pay", read=read, headers={}, body=b"{}", received_at=now)])


def forget_jobs():
    """As if all jobs had been taken."""
    with connection.cursor() as cursor:
        cursor.execute("truncate procrastinate_jobs cascade")


def test_what_comes_while_a_job_is_at_it_is_applied_by_that_one(monkeypatch):
    payments = [opened() for _ in range(3)]
    began, goes_on, real, rounds = threading.Event(), threading.Event(), tasks.actions.apply_notifications, []

    def slow(**values):
        count = real(**values)
        rounds.append((threading.current_thread().name, count))
        began.set()
        goes_on.wait(20)
        return count

    def work():
        try:
            tasks.apply_notifications()
        finally:
            connection.close()

    monkeypatch.setattr(tasks.actions, "apply_notifications", slow)
    comes(payments[0])
    first = threading.Thread(target=work, name="first")
    first.start()
    began.wait(20)
    for payment in payments[1:]:
        comes(payment)

    tasks.apply_notifications()  # a second job: the first one is at it

    goes_on.set()
    first.join(20)
    assert {name for name, _ in rounds} == {"first"}
    assert [count for _, count in rounds][:3] == [1, 2, 0]
    assert set(Payment.objects.values_list("state", flat=True)) == {"succeeded"}


def test_what_comes_when_a_job_has_looked_for_the_last_time_is_not_left_behind(monkeypatch, jobs):
    payment, real = opened(), tasks._apply_as_they_come

    def looks():
        real()
        comes(payment)
        forget_jobs()  # its own job was taken at once
        tasks.apply_notifications()  # and finds the place taken
        monkeypatch.setattr(tasks, "_apply_as_they_come", real)

    monkeypatch.setattr(tasks, "_apply_as_they_come", looks)

    tasks.apply_notifications()

    assert jobs(APPLY) == [{}]
    tasks.apply_notifications()
    assert (Payment.objects.get().state, jobs(APPLY)) == ("succeeded", [{}])


def test_a_job_does_not_stay_for_ever(monkeypatch, jobs):
    payment = opened()
    monkeypatch.setattr(tasks, "LONGEST_STAY_SECONDS", 0)
    comes(payment)
    forget_jobs()

    tasks.apply_notifications()

    assert (Payment.objects.get().state, jobs(APPLY)) == ("created", [{}])  # another one goes on


def test_a_job_that_failed_leaves_the_place_to_the_next(monkeypatch):
    payment, real = opened(), tasks._apply_as_they_come
    comes(payment)

    def breaks():
        monkeypatch.setattr(tasks, "_apply_as_they_come", real)
        raise RuntimeError

    monkeypatch.setattr(tasks, "_apply_as_they_come", breaks)
    with pytest.raises(RuntimeError):
        tasks.apply_notifications()

    tasks.apply_notifications()

    assert Payment.objects.get().state == "succeeded"
