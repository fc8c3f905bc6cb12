"""Who may do what for whom: every rule of ``organisations_where``, by one query each."""

from datetime import timedelta

import pytest

from teahorse.common.refusals import NotThere
from teahorse.people import actions, queries
from teahorse.people.models import Right

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def keys(person, right, now):
    return set(queries.organisations_where(person=person, right=right, now=now).values_list("key", flat=True))


@pytest.mark.parametrize(
    ("organisation", "rights"),
    [
        ("cooperative", {"list_goods", "ship_orders", "handle_cases", "promote", "see_money", "trace"}),
        ("company", {"list_goods", "ship_orders", "handle_cases", "promote", "see_money", "trace"}),
        ("station", {"handle_parcels", "take_cash"}),
        ("point", {"handle_parcels", "take_cash"}),
        ("centre", {"approve_listings", "desk_orders", "handle_parcels", "take_cash", "promote", "settle", "trace"}),
        ("region_centre", {"approve_listings", "desk_orders", "handle_parcels", "take_cash", "promote", "settle", "trace"}),
    ],
)
def test_a_member_has_the_rights_of_her_organisations_kind(network, member_of, now, organisation, rights):
    theirs = getattr(network, organisation)
    staff, manager = member_of(theirs), member_of(theirs, role="manager")

    assert {right for right in Right.values if queries.has_right(person=staff, organisation=theirs, right=right, now=now)} == rights
    assert {right for right in Right.values if queries.has_right(person=manager, organisation=theirs, right=right, now=now)} == {
        *rights,
        "manage_members",
    }


def test_a_seller_sees_nobody_but_herself(network, member_of, now):
    seller = member_of(network.cooperative, role="manager")

    seen = {right: keys(seller, right, now) for right in Right.values}

    assert {key for found in seen.values() for key in found} == {"coop-sailong"}


def test_a_buyer_acts_for_nobody(network, person, now):
    assert [keys(person(), right, now) for right in Right.values] == [set()] * len(Right.values)


def test_a_county_centre_approves_in_its_whole_county_and_nowhere_else(network, member_of, now):
    clerk = member_of(network.centre)

    here = {"centre-qonggyai", "coop-sailong", "company-wine", "station-lhayu", "point-dechen"}
    assert keys(clerk, "approve_listings", now) == here
    assert keys(clerk, "desk_orders", now) == here
    assert keys(clerk, "handle_parcels", now) == {"centre-qonggyai"}
    assert keys(clerk, "list_goods", now) == set()


def test_a_centre_of_another_county_sees_nothing_of_this_one(network, member_of, now):
    stranger = member_of(network.other_centre, role="manager")

    assert keys(stranger, "approve_listings", now) == {"centre-coqen", "coop-coqen"}


def test_the_region_centre_sees_its_whole_region_wherever_its_own_house_stands(network, member_of, now):
    clerk = member_of(network.region_centre)

    seen = keys(clerk, "desk_orders", now)

    assert len(seen) == 8
    assert "coop-coqen" in seen
    assert "coop-deqen" not in seen


def test_a_granted_right_is_used_by_the_members_of_the_grantee_until_it_is_taken_back(network, member_of, now):
    clerk = member_of(network.centre)
    grant = actions.grant_right(grantor=network.cooperative, grantee=network.centre, right="list_goods", now=now)

    assert keys(clerk, "list_goods", now) == {"coop-sailong"}
    assert keys(clerk, "ship_orders", now) == set()

    actions.revoke_grant(grant=grant, now=now + HOUR)

    assert keys(clerk, "list_goods", now + HOUR - timedelta(seconds=1)) == {"coop-sailong"}
    assert keys(clerk, "list_goods", now + HOUR) == set()


def test_a_grant_to_the_grantee_is_no_grant_to_the_grantor(network, member_of, now):
    seller = member_of(network.cooperative)
    actions.grant_right(grantor=network.company, grantee=network.centre, right="list_goods", now=now)

    assert keys(seller, "list_goods", now) == {"coop-sailong"}


def test_managing_members_may_be_granted_and_is_used_by_managers_only(network, member_of, now):
    clerk, head = member_of(network.centre), member_of(network.centre, role="manager")
    actions.grant_right(grantor=network.cooperative, grantee=network.centre, right="manage_members", now=now)

    assert keys(clerk, "manage_members", now) == set()
    assert keys(head, "manage_members", now) == {"centre-qonggyai", "coop-sailong"}


def test_an_ended_membership_gives_nothing_not_even_by_grant_or_area(network, member_of, now):
    clerk = member_of(network.centre)
    actions.grant_right(grantor=network.cooperative, grantee=network.centre, right="list_goods", now=now)
    membership = clerk.memberships.get()

    actions.end_membership(membership=membership, now=now + HOUR)

    assert keys(clerk, "approve_listings", now) != set()
    assert [keys(clerk, right, now + HOUR) for right in Right.values] == [set()] * len(Right.values)
    assert list(queries.acting_for(person=clerk, now=now + HOUR)) == []


def test_each_question_is_one_query(network, member_of, service_point, now, django_assert_num_queries):
    clerk = member_of(network.centre)
    service_point(network.centre)

    for right in Right.values:
        with django_assert_num_queries(1):
            list(queries.organisations_where(person=clerk, right=right, now=now))
    with django_assert_num_queries(1):
        queries.has_right(person=clerk, organisation=network.point, right="desk_orders", now=now)
    with django_assert_num_queries(1):
        assert [membership.organisation.key for membership in queries.acting_for(person=clerk, now=now)] == ["centre-qonggyai"]
    with django_assert_num_queries(1):
        list(queries.service_points_of(person=clerk, right="handle_parcels", now=now))


def test_who_has_no_right_does_not_learn_that_it_exists(network, member_of, now):
    stranger = member_of(network.other_centre)

    queries.require_right(person=stranger, organisation=network.other_centre, right="desk_orders", now=now)
    with pytest.raises(NotThere) as refused:
        queries.require_right(person=stranger, organisation=network.centre, right="desk_orders", now=now)
    assert (refused.value.status, refused.value.numbers) == (404, {})


def test_the_service_points_where_a_person_hands_out_parcels(network, member_of, service_point, now):
    clerk = member_of(network.station)
    ours = service_point(network.station, level="station")
    service_point(network.point)

    assert list(queries.service_points_of(person=clerk, right="handle_parcels", now=now)) == [ours]
    assert list(queries.service_points_of(person=clerk, right="list_goods", now=now)) == []


def test_pickup_points_come_nearest_first(network, service_point, django_assert_num_queries):
    for organisation in (network.other_centre, network.centre, network.point, network.station):
        service_point(organisation)
    service_point(network.centre, name="a warehouse", accepts_pickup=False)
    service_point(network.deqen_cooperative, name="across the border")

    with django_assert_num_queries(1):
        near = [point.name for point in queries.pickup_points_near(code="540524201")]

    assert near == ["station-lhayu", "point-dechen", "centre-qonggyai", "centre-coqen"]
    assert [point.name for point in queries.pickup_points_near(code="110101001")] == []
