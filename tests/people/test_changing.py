"""Memberships, grants and tokens: what is changed, and what is refused with nothing changed."""

from datetime import timedelta

import pytest

from teahorse.common.refusals import Malformed
from teahorse.people import actions
from teahorse.people.models import ApiToken, Grant, Membership, Person

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_a_person_of_a_proven_phone_is_made_once(now):
    new, was_new = actions.receive_person(phone="+8613800138000", locale="bo", now=now)
    again, is_new = actions.receive_person(phone="+8613800138000", locale="en", now=now + HOUR)

    assert (was_new, is_new, again.pk) == (True, False, new.pk)
    assert (new.locale, new.is_phone_verified, new.has_usable_password(), new.joined_at) == ("bo", True, False, now)
    assert Person.objects.count() == 1


def test_a_person_written_down_by_another_is_verified_by_her_phone(person, now):
    person(phone="+8613800138000", is_phone_verified=False, name="扎西")

    found, is_new = actions.receive_person(phone="+8613800138000", locale="en", now=now)

    found.refresh_from_db()
    assert (is_new, found.name, found.is_phone_verified) == (False, "扎西", True)


def test_a_person_is_renamed_and_her_name_is_tidied(person):
    tashi = person(name="扎西")

    actions.rename_person(person=tashi, name=" བཀྲ་ཤིས\u3000 次仁\n")

    tashi.refresh_from_db()
    assert tashi.name == "བཀྲ་ཤིས 次仁"


@pytest.mark.parametrize("name", ["王\U00031350", "李\ue000"])
def test_a_rare_character_is_a_name_too(person, name):
    assert actions.rename_person(person=person(), name=name).name == name


@pytest.mark.parametrize("name", ["", " \t ", "x" * 81, "a\x00b", "a\u202eb", "\ufeff"])
def test_what_is_no_name_changes_nothing(person, name):
    tashi = person(name="扎西")

    with pytest.raises(Malformed) as refused:
        actions.rename_person(person=tashi, name=name)

    tashi.refresh_from_db()
    assert (refused.value.field, refused.value.status, tashi.name) == ("name", 422, "扎西")


def test_a_membership_is_given_once(network, person, now):
    tashi = person()
    membership = actions.give_membership(person=tashi, organisation=network.centre, role="staff", now=now)

    with pytest.raises(actions.AlreadyMember) as refused:
        actions.give_membership(person=tashi, organisation=network.centre, role="manager", now=now)

    assert (refused.value.status, refused.value.field) == (409, "person")
    assert [(each.role, each.since_at) for each in Membership.objects.all()] == [("staff", now)]
    actions.end_membership(membership=membership, now=now + HOUR)
    actions.give_membership(person=tashi, organisation=network.centre, role="manager", now=now + HOUR)
    assert Membership.objects.count() == 2


def test_a_membership_ends_once_and_every_session_with_it(network, member_of, now, client):
    clerk = member_of(network.centre)
    client.force_login(clerk)
    before = clerk.get_session_auth_hash()

    membership = actions.end_membership(membership=clerk.memberships.get(), now=now + HOUR)

    clerk.refresh_from_db()
    assert membership.until_at == now + HOUR
    assert clerk.sessions_ended_at == now + HOUR
    assert clerk.get_session_auth_hash() != before
    with pytest.raises(actions.MembershipHasEnded):
        actions.end_membership(membership=membership, now=now + 2 * HOUR)
    assert Membership.objects.get().until_at == now + HOUR


@pytest.mark.parametrize(("grantor", "right"), [("cooperative", "approve_listings"), ("cooperative", "take_cash"), ("point", "list_goods")])
def test_nobody_gives_away_what_is_not_hers(network, now, grantor, right):
    """A cooperative that could grant approval to its neighbour would approve its own goods."""
    with pytest.raises(actions.NotOursToGrant):
        actions.grant_right(grantor=getattr(network, grantor), grantee=network.company, right=right, now=now)

    assert Grant.objects.count() == 0


def test_a_right_is_granted_to_another_and_once(network, now):
    with pytest.raises(actions.NotOursToGrant):
        actions.grant_right(grantor=network.company, grantee=network.company, right="list_goods", now=now)
    grant = actions.grant_right(grantor=network.company, grantee=network.centre, right="list_goods", now=now)
    with pytest.raises(actions.RightAlreadyGranted):
        actions.grant_right(grantor=network.company, grantee=network.centre, right="list_goods", now=now)
    assert list(Grant.objects.all()) == [grant]

    ended = actions.revoke_grant(grant=grant, now=now + HOUR)
    with pytest.raises(actions.GrantHasEnded):
        actions.revoke_grant(grant=grant, now=now + HOUR)
    assert (grant.since_at, ended.until_at) == (now, now + HOUR)


def test_a_token_opens_its_organisation_until_it_is_revoked(network, now, django_assert_num_queries):
    token, secret = actions.issue_token(organisation=network.company, name="ERP", now=now)

    with django_assert_num_queries(2):
        assert actions.use_token(secret=secret, now=now) == network.company
    with django_assert_num_queries(1):
        assert actions.use_token(secret=secret, now=now + HOUR / 2) == network.company
    token.refresh_from_db()
    assert token.used_at == now
    assert secret.startswith("th_")
    assert len(secret) >= 40
    assert secret not in str(ApiToken.objects.values())
    assert actions.use_token(secret=secret + "x", now=now) is None
    assert actions.use_token(secret="", now=now) is None

    actions.revoke_token(token=token, now=now + HOUR)
    with pytest.raises(actions.TokenIsRevoked):
        actions.revoke_token(token=token, now=now + HOUR)

    assert actions.use_token(secret=secret, now=now + HOUR) is None


def test_two_tokens_have_two_secrets(network, now):
    _, bought = actions.issue_token(organisation=network.company, name="ERP", now=now)
    _, sold = actions.issue_token(organisation=network.company, name="ERP", now=now)

    assert bought != sold
