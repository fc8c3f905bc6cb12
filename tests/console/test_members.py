"""Who acts for the organisation."""

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from teahorse.people import actions as people
from teahorse.people.models import ApiToken, Membership
from tests import world
from tests.console.world import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(browser_of, seller):
    return browser_of(seller)


def at(name="members", **more):
    return reverse(f"console:{name}", kwargs={"org": "coop-dorje", **more})


def test_a_person_is_added_by_her_phone_as_people_write_it(desk, coop):
    new = world.person("+8619900071081", name="新人")

    answer = desk.post(at(), {"phone": "199 0007 1081", "role": "staff"})

    assert answer.url == at()
    assert Membership.objects.get(person=new).role == "staff"


@pytest.mark.parametrize(
    ("phone", "said"),
    [("123", "This is no mobile number"), ("19900071999", "Nobody with this phone has signed in yet"), ("19900071001", "already acts for")],
)
def test_what_is_wrong_is_told_and_what_was_typed_stays(desk, phone, said):
    answer = desk.post(at(), {"phone": phone, "role": "manager"})

    assert answer.status_code == 422
    assert said in answer.context["fault"]
    assert f'value="{phone}"' in answer.content.decode()
    assert Membership.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("0893 782 0000", "+868937820000"), ("199 0007 1081", "+8619900071081"), ("+86-10-6552-9988", "+861065529988"), (" ", "")],
)
def test_the_telephone_is_written_down_as_people_type_it(desk, coop, typed, kept):
    desk.post(at("telephone"), {"telephone": typed})

    coop.refresh_from_db()
    assert coop.phone == kept
    assert f'value="{kept}"' in desk.get(at()).content.decode()


def test_what_is_no_telephone_is_said_and_the_old_one_stays(desk, browser_of, coop):
    desk.post(at("telephone"), {"telephone": "19900071081"})

    answer = desk.post(at("telephone"), {"telephone": "12345"})

    coop.refresh_from_db()
    assert (answer.status_code, answer.context["telephone_fault"].field, coop.phone) == (422, "telephone", "+8619900071081")
    assert 'value="12345"' in answer.content.decode()
    staff = browser_of(member(coop, "+8619900071082", role="staff"))
    assert staff.post(at("telephone"), {"telephone": ""}).status_code == 404


def test_a_membership_ends_once_and_the_person_is_out_at_once(desk, browser_of, coop):
    other = member(coop, "+8619900071082", role="staff")
    hers = browser_of(other)
    before = hers.get(reverse("console:day", kwargs={"org": "coop-dorje"})).status_code
    membership = Membership.objects.get(person=other)

    answers = [desk.post(at("member_end", membership_id=membership.pk), follow=True) for _ in range(2)]

    assert before == 200
    assert hers.get(reverse("console:day", kwargs={"org": "coop-dorje"})).status_code == 302
    assert "does not act for this organisation any more" in answers[0].content.decode()
    assert "This membership ended before" in answers[1].content.decode()


def test_nobody_ends_her_own_membership(desk, seller):
    answer = desk.post(at("member_end", membership_id=Membership.objects.get(person=seller).pk), follow=True)

    assert "You cannot end your own membership" in answer.content.decode()
    assert Membership.objects.get(person=seller).until_at is None


def test_staff_do_not_look_after_members(browser_of, coop):
    assert browser_of(member(coop, "+8619900071083", role="staff")).get(at()).status_code == 404


def test_a_key_is_shown_once(desk):
    answer = desk.post(at("token_issue"), {"name": "ERP"})

    shown = desk.get(answer.url)
    again = desk.get(answer.url)
    assert shown.context["secret"].startswith("th_")
    assert shown.context["secret"] in shown.content.decode()
    assert "Authorization: Bearer th_" in shown.content.decode()
    assert all(f"{settings.SITE_URL}/{address}/" in shown.content.decode() for address in ("api/v1", "epcis"))
    assert shown.headers["Cache-Control"] == "no-store"
    assert again.url == at()
    assert "ERP" in desk.get(at()).content.decode()


def test_a_second_click_makes_no_second_key(desk):
    answers = [desk.post(at("token_issue"), {"name": "ERP"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [302, 422]
    assert ApiToken.objects.count() == 1


def test_a_key_has_a_name(desk):
    answer = desk.post(at("token_issue"), {"name": " "})

    assert answer.status_code == 422
    assert "Give the key a name" in answer.content.decode()


def test_a_key_is_revoked_once(desk):
    desk.post(at("token_issue"), {"name": "ERP"})
    token = ApiToken.objects.get()

    answers = [desk.post(at("token_revoke", token_id=token.pk), follow=True) for _ in range(2)]

    token.refresh_from_db()
    assert token.revoked_at is not None
    assert "opens nothing any more" in answers[0].content.decode()
    assert "was revoked before" in answers[1].content.decode()


@pytest.fixture
def grant(coop, centre):
    return people.grant_right(grantor=coop, grantee=centre, right="list_goods", now=timezone.now())


def test_a_right_that_was_given_is_seen_and_taken_back_once(desk, browser_of, reviewer, grant):
    goods = reverse("console:goods", kwargs={"org": "coop-dorje"})
    before, seen = browser_of(reviewer).get(goods).status_code, desk.get(at()).content.decode()

    answers = [desk.post(at("grant_end", grant_id=grant.pk), follow=True) for _ in range(2)]

    assert before == 200
    assert "Who may act for us" in seen
    assert "lists goods" in seen
    assert browser_of(reviewer).get(goods).status_code == 404
    assert "does not act for us in this any more" in answers[0].content.decode()
    assert "This right was taken back before" in answers[1].content.decode()


def test_who_holds_a_right_sees_it_and_cannot_end_it(browser_of, reviewer, grant):
    theirs = browser_of(reviewer)

    page = theirs.get("/console/centre-qonggyai/members/").content.decode()
    answer = theirs.post(reverse("console:grant_end", kwargs={"org": "centre-qonggyai", "grant_id": grant.pk}))

    grant.refresh_from_db()
    assert "For whom we may act" in page
    assert "grants/" not in page
    assert (answer.status_code, grant.until_at) == (404, None)
