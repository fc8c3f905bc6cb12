"""The log-ins of the demo."""

import pytest
from django.contrib.auth import authenticate  # noqa: F401 - the hashers are what matters
from django.contrib.auth.hashers import check_password
from django.urls import resolve
from django.utils.html import escape

from teahorse.demo.queries import demo_people
from teahorse.people.models import Person


def test_every_log_in_of_the_table_is_one_of_the_house(house):
    people = {person.phone: person for person in Person.objects.filter(phone__startswith="+86199000")}

    rows = demo_people()

    assert len(rows) == 24
    assert {row.phone for row in rows} == people.keys()
    for row in rows:
        assert row.label.keys() == {"zh-hans", "bo", "en"}
        assert people[row.phone].is_phone_verified
        assert people[row.phone].has_usable_password() == (row.password != "code")


def test_the_password_opens(house):
    row = next(row for row in demo_people() if row.role == "county_centre")

    assert check_password(row.password, Person.objects.get(phone=row.phone).password)


def test_the_first_page_of_everybody_exists():
    rows = demo_people()

    assert [row.address for row in rows][:4] == [
        "/me/",
        "/me/",
        "/console/coop-dorje-iron/day/",
        "/console/company-chamchen-wine/day/",
    ]
    for row in rows:
        if row.role != "buyer":
            assert resolve(row.address).namespace == "console"


def test_the_short_table_comes_first():
    shown = [row.is_shown for row in demo_people()]

    assert shown == sorted(shown, reverse=True)
    assert sum(shown) == 11


@pytest.mark.parametrize("language", ["zh-hans", "bo", "en"])
def test_the_log_in_page_offers_the_short_table_in_the_readers_language(house, settings, client, language):
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    settings.DEMO = True
    shown = [row for row in demo_people() if row.is_shown]
    Person.objects.filter(phone=shown[1].phone).update(is_active=False)
    client.cookies["language"] = language

    page = client.get(settings.LOGIN_URL)

    assert [one.phone for one in page.context["demo_log_ins"]] == [row.phone for row in shown if row is not shown[1]]
    assert [one.label for one in page.context["demo_log_ins"]] == [row.label[language] for row in shown if row is not shown[1]]
    assert escape(shown[0].label[language]) in page.content.decode()
