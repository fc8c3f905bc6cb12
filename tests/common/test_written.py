"""Questions that are written once and asked of others."""

from datetime import UTC, datetime, timedelta

import pytest

from teahorse.common.times import HOME
from teahorse.common.written import AsksWhileWritten, known, write
from teahorse.people.models import Membership, Organisation, Person
from tests import world

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 8, 15, 17, 30, tzinfo=UTC)
"""At home it is the sixteenth already."""


def test_what_was_written_of_stand_ins_is_asked_of_true_keys():
    one, other = world.organisation("one"), world.organisation("other")
    written = write(lambda of: Organisation.objects.filter(pk=of["here"], kind="cooperative").values_list("key"), keys=["here"])

    assert written.rows({"here": one.pk}) == [("one",)]
    assert written.rows({"here": other.pk}) == [("other",)]


@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=-7), timedelta(hours=5)])
def test_a_span_from_a_moment_is_counted_from_the_true_one(later):
    person, organisation = world.person("+8619900000001"), world.organisation("one")
    Membership.objects.create(person=person, organisation=organisation, role="manager", since_at=NOW + later)
    written = write(
        lambda of: Membership.objects.filter(person=of["who"], since_at__lte=of["now"] + later).values_list("role"),
        keys=["who"],
        moments=["now"],
    )

    assert written.rows({"who": person.pk, "now": NOW}) == [("manager",)]
    assert written.rows({"who": person.pk, "now": NOW - timedelta(seconds=1)}) == []


def test_a_day_is_the_one_at_home():
    area = world.area("540524")
    type(area).objects.filter(pk=area.pk).update(until_date=datetime(2026, 8, 16, tzinfo=UTC).date())
    written = write(
        lambda of: type(area).objects.filter(pk=of["area"], until_date=of["now"].astimezone(HOME).date()).values_list("code"),
        keys=["area"],
        moments=["now"],
    )

    assert written.rows({"area": area.pk, "now": NOW}) == [("540524",)]
    assert written.rows({"area": area.pk, "now": NOW - timedelta(days=1)}) == []


def test_a_day_elsewhere_is_refused():
    with pytest.raises(AsksWhileWritten):
        write(lambda of: Membership.objects.filter(since_at__date=of["now"].date()).values("pk"), keys=[], moments=["now"])


def test_who_asks_while_she_writes_is_refused():
    with pytest.raises(AsksWhileWritten):
        write(lambda of: Person.objects.filter(pk__in=list(Membership.objects.filter(person=of["who"]))).values("pk"), keys=["who"])


def test_what_is_not_known_of_a_row_is_not_read():
    with pytest.raises(AsksWhileWritten):
        write(lambda of: Organisation.objects.filter(key=known(Organisation, id=of["here"]).key).values("pk"), keys=["here"])


def test_what_is_made_of_a_key_is_refused():
    with pytest.raises(AsksWhileWritten):
        write(lambda of: Organisation.objects.filter(key=str(of["here"])[:30]).values("pk"), keys=["here"])
