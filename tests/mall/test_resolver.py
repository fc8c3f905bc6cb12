"""
The resolver, held against what GS1's test suite for resolvers asks (gs1/GS1DL-resolver-testsuite); its names stand behind each test.

Left out: ``httpVersion``, ``tlsOK`` and ``isHttps`` belong to the server in front of us; ``isURL``, ``validDL``, ``plausibleDL`` and
``hackedLinkset`` are the suite's checks of its own input; compression (``validDecompressCheck``, ``exposeDecompressedLink``) is no part of
the standard any more.
"""

import json
from datetime import date
from urllib.parse import quote, urlsplit

import jsonschema_rs
import pytest
from django.test import Client

from teahorse.catalog.models import Product
from teahorse.common.ids import short
from teahorse.trace.actions.numbering import give_gtin
from teahorse.trace.gs1.keys import closed
from teahorse.trace.gs1.short_codes import make_code
from teahorse.trace.guarding import MOST_OF_A_VISITOR, guesses
from teahorse.trace.linkset import Link, chosen
from teahorse.trace.models import Certificate, LabelScan, Site, Thing
from teahorse.trace.rules import key_of
from tests import world
from tests.trace.labelled import GTIN, NOW, item, lot, made
from tests.trace.vectors import foreign, needs_vectors

pytestmark = pytest.mark.django_db
VOC = "https://ref.gs1.org/voc/"
HOME = "https://chama.example"
PEOPLE = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture(autouse=True)
def _house(settings):
    settings.TRACE_HOME, settings.ALLOWED_HOSTS = HOME, ["*"]
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


@pytest.fixture
def wine(db):
    offer = world.offer(world.organisation("coop-dorje"))
    return lot(item(gtin=GTIN, variant=offer.variant))


@pytest.fixture
def piece(wine):
    return made(wine, count=1).codes.get()


@pytest.fixture
def link(wine, piece):
    return f"/01/{GTIN}/10/{wine.number}/21/{piece.code}"


def ask(address, **headers):
    return Client().get(address, headers=headers)


def links(address):
    return ask(address, accept="application/linkset+json").json()["linkset"]


def certificate(of, number):
    made = Certificate.objects.create(
        county_id=of.county_id,
        holder=of.seller,
        kind="organic",
        number=number,
        issuer="认证中心",
        issued_date=date(2026, 1, 1),
        added_at=NOW,
    )
    made.lots.add(of)
    return made


# --- What the suite asks


def test_everybody_may_ask_from_everywhere(link):  # corsCheck
    assert ask(link)["Access-Control-Allow-Origin"] == "*"
    assert ask("/01/0/")["Access-Control-Allow-Origin"] == "*"


def test_get_head_and_options_are_answered(link):  # methodsCheck
    answers = [Client().get(link), Client().head(link), Client().options(link), Client().post(link)]

    assert [one.status_code for one in answers] == [307, 307, 204, 405]
    assert {one["Access-Control-Allow-Methods"] for one in answers} == {"GET, HEAD, OPTIONS"}


def test_a_redirect_says_where_all_links_are_and_nothing_else(link):  # linkOnRedirect, legacyLinkHeaders
    header = ask(link)["Link"]

    assert header.startswith(f"<{HOME}{link}?linkType=linkset>; ")
    assert 'rel="linkset"' in header
    assert "gs1:" not in header


@pytest.mark.parametrize("wrong", ["/foo", "/10", "/99/1", "/17/271231"])
def test_bad_syntax_is_400(link, wrong):  # reportWith400, noErrorWith200
    assert ask(link + wrong).status_code == 400
    assert ask(link + wrong, **PEOPLE).status_code == 400


def test_a_wrong_check_digit_is_400_for_people_and_programs():  # reportWith400, noErrorWith200
    people, program = ask("/01/09506000134353", **PEOPLE), ask("/01/09506000134353", accept="application/json")

    assert (people.status_code, people["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert (program.status_code, program["Content-Type"], program.json()["title"]) == (400, "application/problem+json", "not_a_name")


def test_a_slash_at_the_end_changes_nothing(link):  # trailingSlash
    assert (ask(f"{link}/").status_code, ask(f"{link}/")["Location"]) == (307, ask(link)["Location"])


@pytest.mark.parametrize("word", ["linkset", "all"])
def test_whoever_asks_for_all_links_is_not_sent_on(link, word):  # ltLinksetNoRedirect, ltAllNoRedirect
    answer = ask(f"{link}?linkType={word}", accept="*/*")

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/linkset+json")


def test_all_links_come_by_the_media_type_too(link):  # ltAcceptHeader, declaredContentType
    answer = ask(link, accept="application/linkset+json")

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/linkset+json")
    assert answer.json() == ask(f"{link}?linkType=linkset", accept="application/linkset+json").json()


@needs_vectors
def test_the_linkset_is_valid(link, wine):  # validLinkset
    certificate(wine, "CN-ORG-1")
    gs1, plain = (jsonschema_rs.validator_for(foreign(f"gs1-linkset/{name}-schema.json")) for name in ("gs1-linkset", "linkset"))

    body = ask(link, accept="application/linkset+json").json()

    assert list(gs1.iter_errors(body)) == []
    without = {"linkset": [{name: of for name, of in one.items() if name != "itemDescription"} for one in body["linkset"]]}
    assert list(plain.iter_errors(without)) == []  # RFC 9264 knows no description of the item


@needs_vectors
@pytest.mark.parametrize(
    ("name", "valid_by"),
    [
        ("valid-basic-example", {"linkset"}),
        ("valid-gs1-example", {"gs1-linkset"}),
        ("invalid-basic-example", set()),
        ("invalid-gs1-example", set()),
        ("ExampleLinkset", set()),  # of an earlier form: its context stands in it, and its anchors are names
    ],
)
def test_the_schemas_tell_the_foreign_examples_apart(name, valid_by):
    schemas = {name: jsonschema_rs.validator_for(foreign(f"gs1-linkset/{name}-schema.json")) for name in ("gs1-linkset", "linkset")}

    assert {kind for kind, schema in schemas.items() if schema.is_valid(foreign(f"gs1-linkset/{name}.json"))} == valid_by


def test_the_linkset_says_how_it_is_read_as_linked_data(link):  # linksetJsonldCheck
    answer = ask(link, accept="application/linkset+json")
    linked = ask(link, accept="application/ld+json")

    assert 'rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"' in answer["Link"]
    assert (linked["Content-Type"], linked.json()["@context"]) == (
        "application/ld+json",
        "https://ref.gs1.org/standards/resolver/linkset-context",
    )
    assert linked.json()["linkset"] == answer.json()["linkset"]


def test_what_is_answered_goes_by_what_is_liked(link):  # varyAccept, listAsJSON, listAsJSONLD
    answer = ask(f"{link}?linkType=all", accept="application/json")

    assert answer["Content-Type"] == "application/json"
    assert {"Accept", "Accept-Language"} <= {one.strip() for one in answer["Vary"].split(",")}


def test_what_stands_in_the_query_goes_on(link):  # qsPassedOn
    assert ask(f"{link}?foo=bar&a=%E9%9D%92")["Location"].endswith("?foo=bar&a=%E9%9D%92")


def test_each_thing_has_exactly_one_default_link_without_anything_but_a_title(link):  # defaultLinkExists, singleDefaultLink
    for anchor in links(link):
        (default,) = anchor[f"{VOC}defaultLink"]
        assert set(default) == {"href", "title"}


def test_every_level_up_to_the_key_has_its_links(link, wine, piece):
    assert [one["anchor"] for one in links(link)] == [f"{HOME}{link}", f"{HOME}/01/{GTIN}/10/{wine.number}", f"{HOME}/01/{GTIN}"]
    assert f"{VOC}defaultLinkMulti" not in json.dumps(links(link))  # singleMultiLink


def test_without_a_wish_one_is_sent_to_the_default(link, piece):  # defaultTarget
    assert ask(link, **PEOPLE)["Location"] == f"{HOME}/t/{piece.code}"
    assert ask(link, **PEOPLE)["Location"] == links(link)[0][f"{VOC}defaultLink"][0]["href"]


def test_who_asks_for_a_type_is_sent_there_whichever_way_it_is_written(link):  # loFor…
    types = {name for anchor in links(link) for name in anchor if name.startswith(VOC)} - {f"{VOC}defaultLink"}
    finest = {name: next(anchor[name] for anchor in links(link) if name in anchor) for name in types}

    assert types == {f"{VOC}{name}" for name in ("traceability", "recallStatus", "pip", "homepage", "epcis")}  # linkTypesDefined
    for name, (only,) in finest.items():
        plain = name.removeprefix(VOC)
        for written in (plain, f"gs1:{plain}", name, f"https://gs1.org/voc/{plain}"):
            location = ask(f"{link}?linkType={written}")["Location"]
            assert urlsplit(location)[:3] == urlsplit(only["href"])[:3]


def test_several_links_that_fit_alike_are_300_with_a_list(link, wine):  # loFor… with 300
    papers = [certificate(wine, "CN-ORG-1"), certificate(wine, "CN-ORG-2")]

    people, program = (ask(f"{link}?linkType=gs1:certificationInfo", accept=kind) for kind in ("text/html", "application/linkset+json"))

    assert (people.status_code, program.status_code) == (300, 300)
    assert all(f"#certificate-{short(one.pk)}" in people.content.decode() for one in papers)
    assert [len(one[f"{VOC}certificationInfo"]) for one in program.json()["linkset"]] == [2]


def test_a_type_that_is_not_there_is_404(link):  # specificLinkTypeNotFound
    assert ask(f"{link}?linkType=gs1:nosuchlt").status_code == 404


def test_the_resolver_describes_itself():  # rdFile
    answer = ask("/.well-known/gs1resolver")

    assert (answer["Content-Type"], answer["Access-Control-Allow-Origin"]) == ("application/json", "*")
    assert answer.json()["resolverRoot"] == HOME
    assert {"00", "01", "414", "8003"} <= set(answer.json()["supportedPrimaryKeys"])


# --- People always get a page


@pytest.mark.parametrize("wish", ["linkType=linkset", "linkType=all"])
def test_a_browser_is_never_given_a_linkset(link, wish):
    answer = ask(f"{link}?{wish}", **PEOPLE)

    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "/t/" in answer.content.decode()


def test_goods_that_are_not_in_the_shop_lead_to_their_maker(wine):
    assert ask(f"/01/{GTIN}")["Location"] == f"{HOME}/goods/{short(wine.item.variant.product_id)}/"

    Product.objects.update(withdrawn_at=NOW)

    assert ask(f"/01/{GTIN}")["Location"] == f"{HOME}/makers/coop-dorje/"


def test_a_lot_leads_to_its_page(wine):
    assert ask(f"/01/{GTIN}/10/{wine.number}")["Location"] == f"{HOME}/t/lot/{short(wine.pk)}"


# --- What is not there


def test_what_nobody_gave_out_is_404(wine, piece):
    other = lot(wine.item, number="L2")

    assert [
        ask(address, **PEOPLE).status_code
        for address in (
            f"/01/{GTIN}/21/0000000000",
            f"/01/{GTIN}/10/L999",
            f"/01/{GTIN}/10/{other.number}/21/{piece.code}",
            f"/01/{closed('0950600013436')}",
            f"/00/{closed('09506000000000001')}",
        )
    ] == [404] * 5


@pytest.mark.parametrize("digits", ["0201234567890", "0212345678900", "0291234567890", "0041234567890"])
def test_a_restricted_number_is_refused(digits):
    answer = ask(f"/01/{closed(digits)}", accept="application/json")

    assert (answer.status_code, answer.json()["title"]) == (400, "restricted_number")


def test_a_thing_of_which_only_events_tell_has_a_page_with_its_links():
    case = f"https://id.gs1.org/00/{closed('09506000000000001')}"
    Thing.objects.create(id=key_of(case), uri=case, level="instance")

    sent = ask(urlsplit(case).path, **PEOPLE)
    answer = ask(sent["Location"].removeprefix(HOME), **PEOPLE)

    assert (sent.status_code, answer.status_code, answer["Content-Type"]) == (307, 200, "text/html; charset=utf-8")
    assert "/epcis/events?MATCH_anyEPC=" in answer.content.decode()


# --- Languages


def test_the_language_of_a_page_is_the_visitors_and_an_address_may_say_another(link):
    kept = Client()

    first = kept.get(f"{link}?lang=bo", headers=PEOPLE)
    then = ask(f"{link}?linkType=gs1:pip&lang=bo")

    assert (first.status_code, first["Location"], first.cookies["language"].value) == (302, link, "bo")
    assert (then.status_code, then["Location"].endswith("?linkType=gs1:pip&lang=bo")) == (307, True)


def test_the_link_that_fits_best_is_chosen():
    plain = Link("pip", "/any", "any")
    bo, en, us = (
        Link("pip", f"/{name}", name, languages=(name[:2],), context=("US",) if name == "en-us" else ()) for name in ("bo", "en", "en-us")
    )
    pdf = Link("pip", "/pdf", "pdf", media_type="application/pdf")
    every = [plain, bo, en, us, pdf]

    assert chosen(every, languages=["bo", "en"]) == [bo]
    assert chosen(every, languages=["fr", "en"]) == [en]
    assert chosen(every, languages=["en"], context="US") == [us]
    assert chosen(every, languages=["fr"]) == [plain]
    assert chosen(every, media_type="application/pdf") == [pdf]
    assert chosen([bo, en]) == [bo]
    assert chosen([plain, plain]) == [plain, plain]


# --- Names of the house, codes in capitals, aliases


SLASHED = ["A/12", "A%2F12", "A%2f12/"]


@pytest.mark.parametrize("written", SLASHED)
def test_a_lot_whose_number_has_a_slash_resolves_however_the_slash_is_written(wine, written):
    slashed = lot(wine.item, number="A/12")

    answer = ask(f"/01/{GTIN}/10/{written}", **PEOPLE)

    assert (answer.status_code, urlsplit(answer["Location"]).path) == (307, f"/t/lot/{short(slashed.pk)}")
    assert links(f"/01/{GTIN}/10/{written}")[0]["anchor"] == f"{HOME}/01/{GTIN}/10/A%2F12"


def test_of_what_an_address_with_slashes_may_say_what_is_here_is_meant(wine):
    """``/10/A/21/7`` is piece 7 of lot A, or lot ``A/21/7``."""
    deep = lot(wine.item, number="A/21/7")
    before = ask(f"/01/{GTIN}/10/A/21/7", **PEOPLE)
    piece = made(lot(wine.item, number="A"), count=1).codes.get()

    after = ask(f"/01/{GTIN}/10/A/21/{piece.code}", **PEOPLE)

    assert urlsplit(before["Location"]).path == f"/t/lot/{short(deep.pk)}"
    assert piece.code in after["Location"]


def test_of_what_is_not_here_the_plain_reading_says_what_is_wrong(wine):
    assert ask(f"/01/{GTIN}/10/no/21/such", **PEOPLE).status_code == 404
    assert ask(f"/01/{GTIN}/10/no%2Fsuch", **PEOPLE).status_code == 400
    assert ask(f"/01/{GTIN}/10/{'a/' * 40}b", **PEOPLE).status_code == 400


def test_the_houses_own_names_resolve_likewise():
    coop = world.organisation("coop-dorje")
    wine = lot(item(coop))
    piece, case = made(wine, count=1).codes.get(), made(wine, level="case", pieces=6, count=1).codes.get()
    Site.objects.create(county_id=coop.county_id, owner=coop, key="cellar", kind="workshop", name="酒窖", area=coop.area)
    leads = {
        "class/coop-dorje.wine": "/makers/coop-dorje/",
        "lot/coop-dorje.wine.L260815": f"/t/lot/{short(wine.pk)}",
        f"obj/coop-dorje.wine.{piece.code}": f"/t/{piece.code}",
        f"case/coop-dorje.{case.code}": f"/t/{case.code}",
        "loc/coop-dorje.cellar": "/makers/coop-dorje/",
        "party/coop-dorje": "/makers/coop-dorje/",
    }

    assert {name: ask(f"/id/{name}")["Location"].removeprefix(HOME) for name in leads} == leads
    assert [ask(f"/id/{name}").status_code for name in ("lot/coop-dorje.wine.L9", "bt/order/1", "nothing/x", "class/x")] == [404] * 4
    assert ask("/id/lot/coop-dorje.wine.L260815", accept="application/linkset+json").json()["linkset"][0]["anchor"] == wine.uri


def test_the_house_serves_the_short_address_in_capitals_too():
    answer = ask("/T/0123456789AB?a=b")

    assert (answer.status_code, answer["Location"]) == (307, "/t/0123456789AB?a=b")


@pytest.mark.parametrize("address", ["/t/0123456789AB/?a=b", "/T/0123456789AB/?a=b"])
def test_a_slash_behind_a_code_changes_nothing(address):
    answer = Client(enforce_csrf_checks=True).get(address)

    assert (answer.status_code, answer["Location"].lower()) == (307, "/t/0123456789ab?a=b")


def test_programs_are_told_the_links_of_a_short_code_and_people_its_page(piece):
    address = f"/t/{piece.code}"

    for kind in ("application/linkset+json", "application/ld+json", "application/json"):
        answer = ask(address, accept=kind)
        assert (answer.status_code, answer["Content-Type"], answer["Access-Control-Allow-Origin"]) == (200, kind, "*")
        (anchor,) = answer.json()["linkset"]
        assert anchor["anchor"] == HOME + address
        assert anchor[f"{VOC}defaultLink"][0]["href"] == HOME + address
        assert f"MATCH_anyEPC={quote(piece.uri, safe='')}" in anchor[f"{VOC}epcis"][0]["href"]
    assert LabelScan.objects.count() == 0
    for answer in (ask(address, **PEOPLE), ask(address, accept="*/*"), ask(address)):
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert "Accept" in answer["Vary"]


def test_a_short_code_answers_for_the_type_of_link_that_was_asked_for(piece, wine):
    address = f"/t/{piece.code}"
    whole = ask(f"{address}?linkType=linkset", **PEOPLE)

    assert (whole.status_code, whole["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert ask(f"{address}?linkType=all", accept="application/linkset+json").json()["linkset"][0]["anchor"] == HOME + address
    goods = ask(f"{address}?linkType=gs1:pip", **PEOPLE)
    assert (goods.status_code, goods["Location"]) == (307, f"{HOME}/goods/{short(wine.item.variant.product_id)}/?linkType=gs1:pip")
    assert ask(f"{address}?linkType=gs1:instructions").status_code == 404
    for own in ("gs1:defaultLink", "gs1:traceability", "gs1:recallStatus"):
        assert ask(f"{address}?linkType={own}", **PEOPLE).status_code == 200, own
        assert b"<html" in ask(f"{address}?linkType={own}", **PEOPLE).content


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_what_would_change_something_is_no_method_of_a_name(piece, link, method):
    strict = Client(enforce_csrf_checks=True)

    for address in (f"/t/{piece.code}", f"/t/{piece.code}/", f"/T/{piece.code}", link):
        answer = getattr(strict, method)(address)
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, OPTIONS"), address
    assert strict.options(f"/t/{piece.code}").status_code == 204


def test_programs_that_guess_codes_wait_as_people_do():
    guesses.forget()
    statuses = [ask(f"/t/{make_code()}", accept="application/json").status_code for _ in range(MOST_OF_A_VISITOR + 1)]
    guesses.forget()

    assert statuses == [404] * MOST_OF_A_VISITOR + [429]
    mistyped = ask("/t/0123456789AB", accept="application/json")
    assert (mistyped.status_code, mistyped["Content-Type"]) == (404, "application/problem+json")


def test_old_labels_go_on_working_when_their_maker_gets_a_number():
    wine = lot()
    old = made(wine, count=1).codes.get()

    give_gtin(seller=wine.seller, item_id=wine.item_id, number=GTIN, now=NOW)
    wine.item.refresh_from_db()
    new = made(wine, count=1).codes.get()
    young = lot(wine.item, number="L270101")

    assert young.uri == f"https://id.gs1.org/01/{GTIN}/10/L270101"
    assert new.uri == f"https://id.gs1.org/01/{GTIN}/21/{new.code}"
    assert {
        address: ask(address)["Location"].removeprefix(HOME)
        for address in (
            f"/id/obj/coop-dorje.wine.{old.code}",
            "/id/lot/coop-dorje.wine.L260815",
            f"/01/{GTIN}/10/L260815",
            f"/01/{GTIN}/10/L260815/21/{new.code}",
            f"/01/{GTIN}/10/L270101",
        )
    } == {
        f"/id/obj/coop-dorje.wine.{old.code}": f"/t/{old.code}",
        "/id/lot/coop-dorje.wine.L260815": f"/t/lot/{short(wine.pk)}",
        f"/01/{GTIN}/10/L260815": f"/t/lot/{short(wine.pk)}",
        f"/01/{GTIN}/10/L260815/21/{new.code}": f"/t/{new.code}",
        f"/01/{GTIN}/10/L270101": f"/t/lot/{short(young.pk)}",
    }
