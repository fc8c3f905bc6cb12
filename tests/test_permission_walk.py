"""
Every address of the house, asked by everybody for what is not theirs: nothing is shown, nothing is changed.

The walk reads the resolver, so a new page is walked by itself; an address with a part that nobody here knows how to fill
fails, and so does one that answers a stranger without being named public.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from teahorse.common.ids import short
from teahorse.dossiers.actions import wrong_codes
from teahorse.ledger.rules import account_id
from teahorse.mall.guest_pages import pages as kept_pages
from teahorse.people import actions as people
from teahorse.people.models import Membership, Organisation
from teahorse.people.rules import OWN_RIGHTS, RIGHTS_OVER_AREA, kinds_with
from tests import world
from tests.console.world import Side, member, side

pytestmark = pytest.mark.django_db

PUBLIC = {
    "mall:code_in_capitals", "mall:code_with_slash", "mall:kind", "mall:product", "mall:product_qr", "mall:poster", "mall:maker",
    "mall:place", "media", "mall:scanned_lot",
    "api:show_area", "api:show_product", "api:find_by_barcode", "api:show_problem",
}  # fmt: skip
"""Addresses with a part in them that anybody may open; what is marked as private is not shown there either."""

FILLED: dict[str, Callable[[Side], object]] = {
    "slug": lambda _: "food-drink",
    "key": lambda s: s.coop.key,
    "code": lambda s: s.code,
    "path": lambda _: "pictures/none.webp",
    "barcode": lambda _: "6901234567892",
    "number": lambda s: s.ids["parcel_number"],
    "token": lambda _: "no-such-token",
    "seller_order_id": lambda s: s.ids["order_id"],
    "object_id": lambda s: s.ids["order_id"],
    "content_type_id": lambda _: "1",
    "app_label": lambda _: "people",
    "url": lambda _: "nowhere/",
    "rest": lambda _: "nowhere",
    "message": lambda _: "nothing",
    "extra_context": lambda _: "",
    "verify_code": lambda _: "0000000000000000000N",
    "month": lambda _: "2020-01",
    "ledger_account_id": lambda s: str(account_id("payable", s.coop.pk)),
    "invoice_id": lambda s: s.ids["request_id"],
    "check_name": lambda _: "no-such-file.txt",
    "under": lambda _: "t",
    "primary": lambda _: "01",
    "kind": lambda _: "lot",
    "flow_key": lambda s: f"wine-{s.name}",
    "step_key": lambda _: "buy-barley",
    "name": lambda s: quote(s.ids["event_hash"], safe=""),
    "index": lambda _: "999",
    "event_hash": lambda s: quote(s.ids["event_hash"], safe=""),
    "query_name": lambda s: s.ids["query_name"],
    **{name: (lambda s, name=name: s.ids[name]) for name in (
        "order_id", "draft_id", "product_id", "offer_id", "parcel_id", "group_id", "refund_id", "subject_id", "membership_id", "token_id",
        "grant_id", "sale_id", "case_id", "photo_id", "promotion_id", "payout_id", "file_id", "difference_id", "request_id",
        "dossier_id", "unmatched_id", "account_id", "shift_id", "sub_seller_id", "rule_id", "red_id", "transfer_id", "sharing_id",
        "claim_id", "job_id", "site_id", "lot_id", "certificate_id", "recall_id", "sheet_id", "subscription_id", "telling_id",
        "attachment_id", "flow_id", "suspicion_id", "report_id", "unit_id", "hearsay_id", "run_id", "plan_id",
        "proof_id", "vehicle_id", "duty_id", "stop_id", "oddity_id", "closure_id", "manifest_id", "bill_line_id",
        "consignment_id", "carrier_claim_id", "claim_paper_id", "carrier_account_id",
    )},
}  # fmt: skip
"""How a part of an address is filled with something that belongs to a side. ``org`` is filled apart."""

LEFT_OUT = {"people:log_out", "readyz"}
"""Not asked on one's own way: one would be nobody after it; it answers 503 while no worker runs."""
LOG_INS = (settings.LOGIN_URL, "/admin/login/")
UNWATCHED = {"django_session", "common_heartbeat"}


@dataclass(frozen=True)
class Address:
    """One pattern of the resolver: its name, and the text of its path with the parts in braces."""

    name: str
    template: str
    parts: tuple[str, ...]
    view: Callable[..., object] = field(compare=False)

    def houses(self, of: Side) -> list[Organisation]:
        """Return the organisations of a side under which somebody could have such a page: all where the page does not say so."""
        houses, right, kinds = [of.coop, of.station, of.centre], getattr(self.view, "right", None), getattr(self.view, "kinds", ())
        have = {*OWN_RIGHTS} if right is None or right in RIGHTS_OVER_AREA else {*kinds_with(right)}
        return [house for house in houses if house.kind in have and (not kinds or house.kind in kinds)] or houses

    @property
    def has_key(self) -> bool:
        """Whether something of somebody is named in it."""
        return bool(self.parts)

    def path(self, of: Side, *, org: str) -> str:
        """Return it, filled with what belongs to a side."""
        values = {part: org if part == "org" else self._value(part, of) for part in self.parts}
        return "/" + self.template.format(**values)

    def _value(self, part: str, of: Side) -> object:
        value = FILLED[part](of)
        is_long = self.name.startswith(("api:", "admin:", "epcis_"))
        return short(value) if isinstance(value, UUID) and not is_long else value


def addresses() -> list[Address]:
    """Return every address of the project."""
    return sorted(set(_walk(get_resolver(), "", "")), key=lambda address: (address.name, address.template))


def _walk(resolver: URLResolver, prefix: str, namespace: str) -> Iterator[Address]:
    for pattern in resolver.url_patterns:
        template = prefix + _template(str(pattern.pattern))
        if isinstance(pattern, URLPattern):
            parts = tuple(re.findall(r"{(\w+)}", template))
            yield Address(namespace + (pattern.name or template), template, parts, pattern.callback)
        else:
            yield from _walk(pattern, template, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)


def _template(route: str) -> str:
    route = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"{\1}", route)
    route = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route)
    return route.removeprefix("^").removesuffix("$").replace("\\", "")


def payload(of: Side) -> dict[str, object]:
    """
    Return a form that names everything of a side, under every name that some page reads.

    What opens something on purpose is left out: whoever brings the number of an order may pay it in cash at any counter,
    whoever holds a parcel may take it in by the number on it, and whoever was given a dossier's code may read it.
    """
    ids = of.ids
    return {
        "order": [str(ids["order_id"]), str(ids["packed"])],
        "parcel": str(ids["parcel_id"]), "new": str(ids["parcel_id"]), "point": short(of.point.pk),
        f"weight.{ids['order_id']}": "1.0", f"carrier.{ids['order_id']}": "network",
        "offer": str(ids["offer_id"]), "offer_id": str(ids["offer_id"]), "act": "cancel", "quantity": "3", "mode": "take_in",
        "number": ids["pickup_code"], "pickup_code": ids["pickup_code"], "q": ids["pickup_code"], "reason": "看一看别人的",
        "organisation": of.coop.key, "phone": "+8619900009999", "role": "manager", "name": "偷来的", "digest": "0" * 64,
        "variants.0.id": str(ids["offer_id"]), "changed_at": "2026-01-01T00:00:00+00:00", "state": "all",
        "seller": str(of.coop.pk), "reference": "看一看别人的",
        "title": str(ids["title_id"]), "take_out": str(ids["title_id"]), "other": str(ids["red_id"]), "kind": "person",
        "title_name": "偷来的", f"share.{ids['sub_seller_id']}": "50", "since": "2026-08-01", "form_key": str(ids["sub_seller_id"]),
        "lot": short(ids["lot_id"]), "item": short(ids["item_id"]), "gtin": "09506000134352", "level": "piece", "why": "看一看别人的",
        "unit": str(ids["unit_id"]), "count": "1",
    }  # fmt: skip


@pytest.fixture(autouse=True)
def _pages_need_no_collected_files(settings):
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"  # who walks is read twenty thousand times
    kept_pages.clear()
    wrong_codes.forget()
    yield
    kept_pages.clear()


# --- Who walks


@dataclass
class Walker:
    """Somebody who asks for what is not hers: a side's things, under its own organisations and under hers."""

    name: str
    client: Client
    foreign: Side
    own: list[Organisation] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Write what she sends but once: she sends it thousands of times."""
        told = payload(self.foreign)
        self.query, self.form = urlencode(told, doseq=True), encode_multipart(BOUNDARY, told)


@pytest.fixture
def sides(db):
    """Two counties of one region and one of another; everything that is to be kept apart."""
    return {name: side(name, number=number) for number, name in enumerate(("qonggyai", "gyangze", "deqen"))}


@pytest.fixture
def walkers(sides):
    """Everybody who might try."""
    here, there, far = sides["qonggyai"], sides["gyangze"], sides["deqen"]
    region = world.organisation("region-centre", kind="region_centre", code="540102")
    ended = world.person("+8619900089999", name="从前的人")
    membership = people.give_membership(person=ended, organisation=there.coop, role="manager", now=timezone.now())
    people.end_membership(membership=membership, now=timezone.now())
    ended.refresh_from_db()
    number = iter(range(100, 200))

    def someone(organisation: Organisation) -> Client:
        return logged_in(member(organisation, f"+861990008{next(number):04}"))

    def logged_in(person) -> Client:
        client = Client()
        client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
        return client

    people.use_token(secret=here.ids["token"], now=timezone.now())  # that a key is in use is written down once an hour
    return [
        Walker("guest", Client(), there),
        Walker("buyer", logged_in(here.buyer), there),
        Walker("seller of one cooperative", someone(here.coop), there, [here.coop]),
        Walker("seller of the other", someone(there.coop), here, [there.coop]),
        Walker("station operator", someone(here.station), there, [here.station]),
        Walker("one county's centre", someone(here.centre), there, [here.centre]),
        Walker("the other county's centre", someone(there.centre), here, [there.centre]),
        Walker("region staff", someone(region), far, [region]),
        Walker("ended member", logged_in(ended), there),
        Walker("machine of one cooperative", Client(headers={"authorization": f"Bearer {here.ids['token']}"}), there),
    ]


# --- What is watched


def digests(keys: set[str] | None = None) -> dict[str, str]:
    """Return a digest of every table, or of its rows that name one of some keys."""
    found = {}
    tables = sorted(set(connection.introspection.table_names()) - UNWATCHED)
    with connection.cursor() as cursor:
        for table in tables:
            where, values = ("", []) if keys is None else ("where t::text like any(%s)", [[f"%{key}%" for key in sorted(keys)]])
            cursor.execute(f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from {table} t {where}", values)
            found[table] = cursor.fetchone()[0]
    return found


def ask(walker: Walker, address: Address, org: str, method: str) -> tuple[int, str, str]:
    """Send one request that names everything foreign; return its status, where it leads, and the whole answer."""
    path = address.path(walker.foreign, org=org)
    if method == "POST":
        answer = walker.client.generic("POST", path, walker.form, content_type=MULTIPART_CONTENT)
    else:
        answer = walker.client.get(path, QUERY_STRING=walker.query)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, answer.headers.get("Location", ""), body.decode(errors="replace") + str(answer.headers)


def is_refused(status: int, location: str) -> bool:
    return status in {400, 401, 403, 404, 405, 415, 422} or (status == 302 and location.startswith(LOG_INS))


# --- The walk


def test_every_address_can_be_filled():
    unknown = {f"{address.name}: {part}" for address in addresses() for part in address.parts if part not in FILLED and part != "org"}

    assert not unknown, "say in FILLED what stands there"


def test_what_is_named_public_is_there():
    assert {address.name.split("/")[0] for address in addresses()} >= PUBLIC


def test_nobody_reaches_what_is_named_by_a_foreign_key(sides, walkers):
    keyed = [address for address in addresses() if address.has_key]
    before = digests()
    faults = []

    for walker in walkers:
        for address in keyed:
            orgs = [one.key for one in address.houses(walker.foreign)]
            if set(address.parts) - {"org"}:
                orgs += [one.key for one in walker.own]
            for org in orgs if "org" in address.parts else [""]:
                for method in ("GET", "POST"):
                    status, location, body = ask(walker, address, org, method)
                    if address.name.split("/")[0] not in PUBLIC and not is_refused(status, location):
                        faults.append(f"{walker.name}: {method} {address.name} as {org}: {status} {location}")
                    if walker.foreign.mark in body:
                        faults.append(f"{walker.name}: {method} {address.name} as {org} shows what is private")

    assert not faults, "\n".join(faults)
    assert digests() == before


def test_nobody_finds_or_changes_foreign_things_through_pages_of_her_own(sides, walkers):
    faults = []

    for walker in walkers:
        before = digests(walker.foreign.keys)
        for address in addresses():
            if set(address.parts) - {"org"} or address.name in LEFT_OUT:
                continue
            for org in [one.key for one in walker.own] if "org" in address.parts else [""]:
                for method in ("GET", "POST"):
                    status, _location, body = ask(walker, address, org, method)
                    if status >= 500:
                        faults.append(f"{walker.name}: {method} {address.name}: {status}")
                    if walker.foreign.mark in body:
                        faults.append(f"{walker.name}: {method} {address.name} as {org} shows what is private")
        changed = digests(walker.foreign.keys)
        faults += [f"{walker.name} changed {table}" for table, digest in changed.items() if digest != before[table]]

    assert not faults, "\n".join(faults)


def test_the_walk_sees_what_is_shown_to_those_who_may(sides):
    """The marks are really on the pages, so their absence means something."""
    here = sides["qonggyai"]
    client = Client()
    client.force_login(Membership.objects.get(pk=here.ids["membership_id"]).person, backend=settings.AUTHENTICATION_BACKENDS[0])

    shown = {
        path: here.mark in client.get(f"/console/{here.coop.key}/{path}").content.decode()
        for path in ("ship/", f"ship/{short(here.ids['order_id'])}/", "goods/", f"goods/{short(here.ids['draft_id'])}/edit/", "members/")
    }

    assert all(shown.values()), shown
