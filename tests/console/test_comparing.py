"""The books are compared on demand and by the clock, one comparing at a time, and it is remembered when."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from teahorse.settlement import actions, tasks
from teahorse.settlement.models import Comparison
from tests import world
from tests.console.world import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def region(db):
    return world.organisation("region-u", kind="region_centre", code="540102")


@pytest.fixture
def desk(browser_of, region):
    return browser_of(member(region, "+8619900071091", name="结算员"))


ADDRESS = {"org": "region-u"}


def test_who_asks_twice_waits_for_one_comparing(desk):
    for _ in range(2):
        desk.post(reverse("console:compare", kwargs=ADDRESS))

    assert Comparison.objects.filter(ended_at=None).count() == 1
    assert ProcrastinateJob.objects.filter(task_name="settlement.compare").count() == 1
    assert "This page goes on by itself" in desk.get(reverse("console:compare", kwargs=ADDRESS)).content.decode()


def test_the_page_goes_back_with_what_was_found(desk):
    desk.post(reverse("console:compare", kwargs=ADDRESS))
    tasks.compare(comparison_id=str(Comparison.objects.get().pk))

    page = desk.get(reverse("console:compare", kwargs=ADDRESS), follow=True)

    assert page.redirect_chain[-1][0] == reverse("console:settle", kwargs=ADDRESS)
    assert "Compared. What differs: 0." in page.content.decode()


def test_a_comparing_that_never_ended_holds_the_next_one_up_for_half_an_hour(db):
    began = timezone.now()
    dead = actions.ask_to_compare(by=None, now=began)

    soon = actions.ask_to_compare(by=None, now=began + timedelta(minutes=29))
    later = actions.ask_to_compare(by=None, now=began + timedelta(minutes=31))

    assert soon == dead
    assert later != dead
    dead.refresh_from_db()
    assert (dead.ended_at, dead.open_count) == (began + timedelta(minutes=31), None)
    assert actions.run_comparison(comparison_id=dead.pk, now=began + timedelta(minutes=32)) == []


def test_a_comparing_that_fails_says_so(monkeypatch):
    asked = actions.ask_to_compare(by=None, now=timezone.now())
    monkeypatch.setattr("teahorse.settlement.actions.comparing.reconcile", lambda **_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        actions.run_comparison(comparison_id=asked.pk, now=timezone.now())

    asked.refresh_from_db()
    assert asked.ended_at is not None
    assert asked.open_count is None


def test_the_clock_remembers_its_comparing_too():
    assert actions.compare(now=timezone.now()) == []

    assert Comparison.objects.get().open_count == 0
