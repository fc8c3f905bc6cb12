"""Whether what came out of a making is neither too much nor too little, across units too, and what people read of it."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from teahorse.trace.answers import Household
from teahorse.trace.balance_words import making_words
from teahorse.trace.queries.balancing import balance_of
from tests import world
from tests.trace.goods import item_of, lot_of, tell_made
from tests.trace.recipes import gives, published, takes, tell
from tests.trace.recipes import lot_of as told_lot

pytestmark = pytest.mark.django_db
HALF = Decimal("0.5")


@pytest.fixture
def coop(db):
    return world.organisation("chamchen")


def made_of(coop, *, put_in, came, content=None, content_unit="", item=None):
    """Return the making of some bottles or bags out of so many kilograms."""
    meat = lot_of(item_of(coop, "meat", unit="KGM"), "M1", amount=put_in)
    bags = lot_of(item or item_of(coop, "bag", content=content, content_unit=content_unit), "B1", amount=came)
    tell_made(bags, came, {meat: put_in}, by=coop, now=world.NOW)
    return balance_of(bags).making


def read(making, language="en"):
    with translation.override(language):
        return " ".join(making_words(making))


def test_pieces_are_weighed_by_what_is_in_one(coop):
    making = made_of(coop, put_in=120, came=236, content=HALF, content_unit="KGM")

    assert (making.made, making.lost, making.pieces, making.yield_percent) == (118, 2, 236, Decimal("98.3"))
    assert making.verdict == "right"
    assert read(making) == "In 120 kg, out 118 kg in 236 pieces of 0.5 kg. Loss 1.7 %."


def test_more_in_the_pieces_than_went_in_is_too_much(coop):
    assert made_of(coop, put_in=120, came=253, content=HALF, content_unit="KGM").verdict == "too_much"  # 126.5 kg; scales 5 %


def test_of_pieces_whose_content_nobody_told_nothing_is_guessed(coop):
    offer = world.offer(coop, weight_grams=600)

    making = made_of(coop, put_in=120, came=236, item=item_of(coop, "bag", variant=offer.variant))

    assert (making.verdict, making.yield_percent, making.lost_percent) == ("weight_unknown", None, None)
    assert read(making) == "In 120 kg, out 236 pieces. Nobody said what is in a piece."


def test_what_is_sold_by_weight_says_its_content_by_its_goods(coop):
    offer = world.offer(coop, weight_grams=600, nominal_grams=500)

    making = made_of(coop, put_in=120, came=236, item=item_of(coop, "bag", variant=offer.variant))

    assert (making.made, making.verdict) == (118, "right")


def test_litres_in_bottles_are_no_kilograms(coop):
    assert made_of(coop, put_in=120, came=236, content=HALF, content_unit="LTR").verdict == "not_comparable"


def test_bags_that_are_packed_anew_are_weighed_by_what_is_in_both(coop):
    large = lot_of(item_of(coop, "large", content=Decimal(5), content_unit="KGM"), "L1", amount=10)
    small = lot_of(item_of(coop, "small", content=Decimal(250), content_unit="GRM"), "S1", amount=190)
    tell_made(small, 190, {large: 10}, by=coop, now=world.NOW)

    making = balance_of(small).making

    assert (making.measure, making.put_in, making.made, making.verdict) == ("kg", 50, Decimal("47.5"), "right")


@pytest.mark.parametrize(("content", "unit"), [("0", "KGM"), ("1", ""), (None, "KGM")])
def test_a_content_is_some_of_a_unit(coop, content, unit):
    with pytest.raises(IntegrityError), transaction.atomic():
        item_of(coop, "bag", content=content, content_unit=unit)


# --- Told by a flow, which says what usually comes out


def bottled(coop, *, litres, bottles):
    by = world.person()
    barley = told_lot(tell(coop, "buy-barley", by=by, households=(Household("演示农户", Decimal(100)),)))
    began = tell(coop, "steam", by=by, taken=takes(barley, amount="100"))
    drawn = tell(coop, "draw", by=by, given=gives(wine="130", lees="50"), process=began.pk, is_last=True)
    told = tell(coop, "bottle", by=by, taken=takes(told_lot(drawn, "wine"), amount=litres), given=gives(bottle=str(bottles)))
    return told_lot(drawn, "wine"), told_lot(told)


@pytest.mark.parametrize(
    ("litres", "bottles", "verdict", "words"),
    [
        ("61", 120, "right", "In 61 litres, out 60 litres in 120 pieces of 0.5 litres. Loss 1.6 %, allowed 5 %."),
        ("61", 115, "too_little", "In 61 litres, out 57.5 litres in 115 pieces of 0.5 litres. Loss 5.7 %, allowed 5 %."),
        ("60", 121, "too_much", "In 60 litres, out 60.5 litres in 121 pieces of 0.5 litres. Loss -0.8 %, allowed 5 %."),
    ],
)
def test_bottling_says_how_much_may_be_lost(coop, litres, bottles, verdict, words):
    _wine, lot = bottled(coop, litres=litres, bottles=bottles)

    making = balance_of(lot).making

    assert (making.verdict, read(making)) == (verdict, words)


def test_litres_of_kilograms_have_a_yield_where_the_flow_says_it(coop):
    wine, _bottles = bottled(coop, litres="61", bottles=120)

    making = balance_of(wine).making

    assert (making.verdict, making.yield_percent) == ("right", None)
    assert read(making) == "In 100 kg, out 130 litres. By-products 50 kg. 1.3 litres of 1 kg, allowed 1 to 2."


@pytest.mark.parametrize(("carcass", "verdict"), [("170", "too_little"), ("280", "right"), ("361", "too_much")])
def test_animals_become_kilograms_and_nobody_weighed_them(coop, carcass, verdict):
    flow, by = published("yak-meat"), world.person()
    herd = told_lot(tell(coop, "tag", by=by, flow=flow, given=gives(yak="3")))
    told = tell(coop, "slaughter", by=by, flow=flow, taken=takes(herd, amount="2"), given=gives(carcass=carcass, offal="172"))

    making = balance_of(told_lot(told, "carcass")).making

    assert (making.verdict, making.lost_percent) == (verdict, None)
    each = f"{int(carcass) / 2:g} kg of 1 piece, allowed 90 to 180."
    assert read(making) == f"In 2 pieces, out {carcass} kg. By-products 172 kg. Nobody weighed what went in. {each}"


def test_drying_loses_no_less_than_it_must(coop):
    flow, by = published("yak-meat"), world.person()
    herd = told_lot(tell(coop, "tag", by=by, flow=flow, given=gives(yak="2")))
    carcass = told_lot(tell(coop, "slaughter", by=by, flow=flow, taken=takes(herd), given=gives(carcass="280", offal="172")), "carcass")
    meat = told_lot(tell(coop, "cut", by=by, flow=flow, taken=takes(carcass, amount="100"), given=gives(meat="45")))

    making = balance_of(meat).making

    assert making.verdict == "too_much"
    assert read(making) == "In 100 kg, out 45 kg. Loss 55 %, allowed 60 to 75 %."
