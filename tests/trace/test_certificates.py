"""Papers that vouch for lots: written down, issued, ended, withdrawn, and printed."""

import io
import json
from datetime import date, timedelta

import pytest
import typst
import zxingcpp
from PIL import Image

from teahorse.common.refusals import Malformed
from teahorse.trace import actions, commitment
from teahorse.trace.models import Certificate, Site
from teahorse.trace.queries.certificates import certificates_of, lacking, living
from tests import world
from tests.at_once import at_once
from tests.trace.goods import lot_of
from tests.trace.shelf import trade_item

pytestmark = pytest.mark.django_db
TODAY = date(2026, 8, 15)


@pytest.fixture
def maker():
    return world.organisation("chamchen")


@pytest.fixture
def lot(maker):
    return lot_of(trade_item(None, maker, unit="KGM", certificates=["commitment", "organic"]), "B1")


def add(maker, **more):
    told = {"kind": "organic", "number": "有机-1", "issuer": "认证中心", "issued_date": date(2026, 1, 1)} | more
    return actions.add_certificate(holder=maker, **told, by=world.person(), now=world.NOW)


def test_a_lot_has_what_vouches_for_it_its_kind_its_place_and_its_maker(maker, lot):
    site = Site.objects.create(county_id=maker.county_id, owner=maker, key="field", kind="field", name="地", area=maker.area)
    lot.site = site
    lot.save()
    of = {"lots": [lot], "items": [lot.item], "sites": [site], "": ()}

    for number, (name, things) in enumerate(of.items()):
        add(maker, number=f"{number}", **({name: things} if name else {}))
    add(maker, number="another's", lots=[lot_of(lot.item, "B2")])

    assert {one.number for one in certificates_of([lot])} == {"0", "1", "2", "3"}


def test_what_ended_or_was_withdrawn_vouches_no_more(maker, lot):
    ended = add(maker, number="1", valid_until=TODAY - timedelta(days=1))
    withdrawn = add(maker, number="2")
    last_day = add(maker, number="3", valid_until=TODAY)
    actions.withdraw_certificate(certificate=withdrawn, why="作废", now=world.NOW)

    found = certificates_of([lot])

    assert {one.pk for one in found} == {ended.pk, withdrawn.pk, last_day.pk}
    assert living(found, day=TODAY) == [last_day]


def test_a_lot_says_what_it_lacks(maker, lot):
    assert lacking(lot, day=TODAY) == ["commitment", "organic"]

    actions.commit_lot(lot=lot, by=world.person(), now=world.NOW)
    add(maker, items=[lot.item])

    assert lacking(lot, day=TODAY) == []


def test_a_commitment_says_what_the_order_asks_and_stays_so(maker, lot):
    made = actions.commit_lot(lot=lot, by=world.person(), now=world.NOW)
    type(lot.item).objects.filter(pk=lot.item_id).update(name="另一名")
    made.refresh_from_db()

    assert (made.said["product"]["zh"], made.said["quantity"], made.said["unit"]) == ("青稞酒", "300", "KGM")
    assert (made.said["origin"]["zh"], made.said["made"], made.said["party"]["zh"]) == ("琼结县", "2026-08-15", "chamchen合作社")


def test_of_two_clicks_one_issues(maker, lot):
    actions.commit_lot(lot=lot, by=world.person(), now=world.NOW)

    with pytest.raises(actions.AlreadyCommitted):
        actions.commit_lot(lot=lot, by=world.person(), now=world.NOW)

    assert Certificate.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_clicks_at_once_one_issues(maker, lot):
    by = world.person()

    found = at_once(*[lambda: actions.commit_lot(lot=lot, by=by, now=world.NOW)] * 2)

    assert sorted(type(one).__name__ for one in found) == ["AlreadyCommitted", "Certificate"]


def test_after_withdrawing_another_one_is_issued(lot):
    first = actions.commit_lot(lot=lot, by=world.person(), now=world.NOW)
    actions.withdraw_certificate(certificate=first, why="重量写错", now=world.NOW)

    second = actions.commit_lot(lot=lot, by=world.person(), now=world.NOW)

    assert second.number != first.number


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("kind", {"kind": "commitment"}),
        ("kind", {"kind": "made up"}),
        ("number", {"number": "  "}),
        ("number", {"number": "9" * 61}),
        ("issuer", {"issuer": ""}),
        ("issued_date", {"issued_date": TODAY + timedelta(days=1)}),
        ("valid_until", {"valid_until": date(2025, 12, 31)}),
    ],
)
def test_a_paper_that_cannot_be_is_refused(maker, field, told):
    with pytest.raises(Malformed) as refused:
        add(maker, **told)

    assert refused.value.field == field
    assert not Certificate.objects.exists()


def test_a_number_is_written_down_once(maker):
    add(maker)

    with pytest.raises(actions.KnownNumber):
        add(maker)


def test_nobody_certifies_a_neighbours_lot(lot):
    with pytest.raises(Malformed) as refused:
        add(world.organisation("neighbour"), lots=[lot])

    assert refused.value.field == "lots"


def test_nothing_is_withdrawn_without_a_reason(maker):
    made = add(maker)

    with pytest.raises(Malformed):
        actions.withdraw_certificate(certificate=made, why=" ", now=world.NOW)

    made.refresh_from_db()
    assert made.withdrawn_at is None


def test_the_printed_commitment_opens_the_lots_story(maker, lot):
    made = actions.commit_lot(lot=lot, by=world.person(), now=world.NOW)
    address = "https://mall.example/t/0123456789AB"

    assert commitment.commitment_pdf(made, address=address).startswith(b"%PDF")
    inputs = {"data": json.dumps(commitment.printed(made, address=address))}
    picture = typst.compile(commitment.TEMPLATE, root=commitment.TEMPLATE.parent, format="png", ppi=203.0, sys_inputs=inputs)

    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
    assert code.text == address
