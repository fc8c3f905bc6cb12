"""Names that the story speaks of by tokens are listed for their seller alone, and erased for ever."""

from decimal import Decimal

import pytest
from django.utils import timezone

from teahorse.common.ids import short
from teahorse.trace.answers import Household
from teahorse.trace.models import PersonalDetail
from teahorse.trace.queries.log import contradictions
from tests import world
from tests.trace.recipes import tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(browser_of, seller):
    return browser_of(seller)


@pytest.fixture
def telling(coop, seller):
    brought = (Household("卓玛家", Decimal("40.5")), Household("边巴家", Decimal(20)))
    return tell(coop, "buy-barley", households=brought, by=seller, now=timezone.now())


def read(browser, coop, path):
    return browser.get(f"/console/{coop.key}/trace/{path}").content.decode()


def test_a_name_is_found_and_erased_and_what_was_told_stays(browser, coop, telling):
    found = PersonalDetail.objects.get(value="卓玛家")
    listed, searched = read(browser, coop, "names/"), read(browser, coop, "names/?q=边巴")

    browser.post(f"/console/{coop.key}/trace/names/erase/", {"detail": str(found.pk)})

    told = read(browser, coop, f"told/{short(telling.pk)}/")
    assert ("卓玛家" in listed, "边巴家" in listed) == (True, True)
    assert ("卓玛家" in searched, "边巴家" in searched) == (False, True)
    assert "卓玛家" not in read(browser, coop, "names/") + told
    assert ("A name that was erased" in told, "40.5 kg" in told, "边巴家" in told) == (True, True, True)
    assert list(contradictions()) == []


def test_nobody_erases_names_of_others(browser, coop, telling):
    theirs = world.organisation("stranger")
    other = PersonalDetail.objects.create(
        county_id=theirs.county_id, owner=theirs, token="urn:sha256:1", salt=b"1", value="央金家", added_at=timezone.now()
    )

    answers = [
        browser.post(f"/console/{coop.key}/trace/names/erase/", {"detail": detail}).status_code for detail in (str(other.pk), "x", "")
    ]

    other.refresh_from_db()
    assert (answers, other.value) == ([404] * 3, "央金家")
    assert "央金家" not in read(browser, coop, "names/")
