"""The stock admin for the long tail: every list and every page opens, costs little, and holds nothing that our policy blocks."""

import re

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from teahorse.catalog.models import Brand, CountyLine, Picture, Story
from teahorse.people.models import Grant, Membership, Organisation, Person
from tests import world
from tests.console.world import side

pytestmark = pytest.mark.django_db
BLOCKED = {
    "a script in the page": re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>"),
    "a style in the page": re.compile(r"<style|\sstyle=\"", re.IGNORECASE),
    "an event handler": re.compile(r"<[^>]*\son[a-z]+=\"", re.IGNORECASE),
    "a script as an address": re.compile(r"(?:href|src)=\"javascript:", re.IGNORECASE),
    "another house": re.compile(r"<(?:script|link|img)[^>]*(?:href|src)=\"(?:https?:)?//", re.IGNORECASE),
}
READ_ONLY = {
    "area", "product", "productdraft", "picture", "stocklevel", "reservation", "ordergroup", "sellerorder", "parcel", "payment",
    "paymentevent", "notification", "refund", "membership", "apitoken", "reveallog", "cashreceipt",
}  # fmt: skip


def more_rows(made):
    """Write what a side of the world does not have."""
    about = {"county_id": made.coop.county_id, "drawing": "tea"}
    Brand.objects.create(county_id=made.coop.county_id, key=f"brand-{made.name}", name="多吉", owner=made.coop)
    Story.objects.create(**about, title="故事", text="从前", organisation=made.coop)
    CountyLine.objects.create(county_id=made.coop.county_id, area=world.area(made.code), season="summer", text="松茸")
    Picture.objects.create(
        county_id=made.coop.county_id, seller=made.coop, sha256="0" * 64, width=400, height=300, uploaded_at=timezone.now()
    )


@pytest.fixture
def here(db):
    made = side("qonggyai", number=0)
    more_rows(made)
    return made


@pytest.fixture
def chief(db):
    client = Client(headers={"accept-language": "en"})
    client.force_login(Person.objects.create_superuser("+8619900079999", "pass", name="管理员"))
    return client


def listed():
    return sorted(admin.site._registry, key=lambda model: model._meta.label)


def address(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def faults(answer, where):
    page = answer.content.decode()
    found = [name for name, pattern in BLOCKED.items() if pattern.search(page)]
    return [f"{where}: {answer.status_code} {found}"] if answer.status_code != 200 or found else []


def test_every_list_and_every_page_opens_and_nothing_on_it_is_blocked(here, chief):
    wrong = faults(chief.get(reverse("admin:index")), "index")
    opened = set()
    for model in listed():
        wrong += faults(chief.get(address(model, "changelist"), {"q": "酒"}), f"{model._meta.label} searched")
        wrong += faults(chief.get(address(model, "changelist")), model._meta.label)
        if row := model._default_manager.first():
            opened.add(model._meta.model_name)
            wrong += faults(chief.get(address(model, "change", quote(row.pk))), f"{model._meta.label} one")
        if admin.site._registry[model].has_add_permission(chief.get("/admin/").wsgi_request):
            wrong += faults(chief.get(address(model, "add")), f"{model._meta.label} new")

    assert wrong == []
    filled = {"organisation", "servicepoint", "brand", "story", "grant", "freightrate"} | READ_ONLY
    assert opened >= filled - {"notification", "paymentevent"}


def test_a_list_costs_no_more_with_more_rows(here, chief):
    def costs():
        found = {}
        for model in listed():
            with CaptureQueriesContext(
                connection,
            ) as asked:
                chief.get(address(model, "changelist"))
            found[model._meta.label] = len(asked)
        return found

    costs()  # content types are kept from now on
    before = costs()
    more_rows(side("gyangze", number=1))
    after = costs()

    assert {label: (before[label], count) for label, count in after.items() if count > before[label]} == {}
    assert max(after.values()) <= 12


def test_facts_are_only_read(here, chief):
    request = chief.get("/admin/").wsgi_request
    wrong = []
    for model in listed():
        rights = admin.site._registry[model].get_model_perms(request)
        if model._meta.model_name in READ_ONLY and (rights["add"] or rights["change"] or rights["delete"]):
            wrong.append(model._meta.label)

    assert wrong == []
    assert {model._meta.model_name for model in listed()} >= READ_ONLY


def test_buyers_are_hidden_here_too(here, chief):
    order, parcel = here.order("packed"), here.ids["parcel_id"]

    pages = [
        chief.get(reverse("admin:orders_ordergroup_change", args=[order.group_id])).content.decode(),
        chief.get(reverse("admin:orders_sellerorder_change", args=[order.pk])).content.decode(),
        chief.get(reverse("admin:logistics_parcel_change", args=[parcel])).content.decode(),
    ]

    assert [text in page for page in pages for text in (f"{here.mark}收件人", f"{here.mark}附言", here.buyer.phone)] == [False] * 9
    assert here.ids["pickup_code"] not in pages[2].replace(here.ids["parcel_number"], "")


def test_a_membership_and_a_grant_end_by_their_actions(here, chief):
    membership, grant = Membership.objects.get(pk=here.ids["membership_id"]), Grant.objects.get(pk=here.ids["grant_id"])

    chief.post(reverse("admin:people_membership_changelist"), {"action": "end", "_selected_action": [str(membership.pk)]})
    chief.post(reverse("admin:people_grant_changelist"), {"action": "revoke", "_selected_action": [str(grant.pk)]})

    membership.refresh_from_db()
    grant.refresh_from_db()
    assert None not in {membership.until_at, grant.until_at, membership.person.sessions_ended_at}


def test_a_right_that_is_not_ones_own_is_not_given(here, chief):
    form = {"grantor": str(here.coop.pk), "grantee": str(here.centre.pk)}

    wrong = chief.post(reverse("admin:people_grant_add"), {**form, "right": "approve_listings"})
    chief.post(reverse("admin:people_grant_add"), {**form, "right": "ship_orders"})

    assert "cannot give this right away" in wrong.content.decode()
    assert sorted(Grant.objects.filter(grantor=here.coop).values_list("right", flat=True)) == ["list_goods", "ship_orders"]


def test_what_is_entered_here_belongs_to_its_county(here, chief):
    place = world.area(here.code)
    typed = {"key": "new-coop", "kind": "cooperative", "name": "新合作社", "area": str(place.pk), "left_at_0": "", "left_at_1": ""}

    answer = chief.post(reverse("admin:people_organisation_add"), typed)

    assert answer.status_code == 302
    assert Organisation.objects.get(key="new-coop").county_id == place.county_id
