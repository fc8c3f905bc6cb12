"""A maker gets numbers of GS1: they are checked, given once, and join the lots that stand to their new names."""

import pytest

from teahorse.common.refusals import Malformed, NotThere
from teahorse.trace.actions import numbering
from teahorse.trace.gs1.keys import closed
from teahorse.trace.models import Alias, TradeItem
from teahorse.trace.queries.resolving import same_things
from teahorse.trace.rules import key_of
from tests import world

from .labelled import GTIN, NOW, item, lot

pytestmark = pytest.mark.django_db


def give(to, number, *, seller=None):
    return numbering.give_gtin(seller=seller or to.seller, item_id=to.pk, number=number, now=NOW)


def test_lots_that_stand_are_known_by_both_names():
    wine = lot()
    old = wine.thing_id

    give(wine.item, "950600-013435-2")

    wine.refresh_from_db()
    new = key_of(f"https://id.gs1.org/01/{GTIN}/10/L260815")
    alias = Alias.objects.get()
    assert (wine.thing_id, wine.item.gtin) == (old, GTIN)
    assert (alias.thing_id, alias.stands_for_id, alias.uri, alias.since_at) == (old, new, wine.uri, NOW)
    assert same_things(old) == same_things(new) == {old, new}


def test_giving_the_same_number_again_changes_nothing():
    wine = lot()

    give(wine.item, GTIN)
    give(wine.item, GTIN)

    assert Alias.objects.count() == 1


@pytest.mark.parametrize(
    "number",
    [
        "",
        "95060001343",
        "09506000134353",
        "abcdefghijklm",
        "９５０６０００１３４３５２",
        *(closed(f"{prefix:0<12}") for prefix in ("02", "04", "20", "29")),
    ],
)
def test_what_is_no_number_for_labels_is_refused(number):
    wine = item()

    with pytest.raises(Malformed) as refused:
        give(wine, number)

    assert refused.value.field == "gtin"
    assert TradeItem.objects.get().gtin == ""


def test_a_number_names_one_kind_of_goods_and_stays():
    wine, vinegar = item(), item(key="vinegar")
    give(wine, GTIN)

    with pytest.raises(numbering.NumberIsAnothers):
        give(vinegar, GTIN)
    with pytest.raises(numbering.HasItsNumber):
        give(wine, closed("950600013436"))
    with pytest.raises(NotThere):
        give(vinegar, closed("950600013436"), seller=world.organisation("neighbour"))

    assert list(TradeItem.objects.order_by("key").values_list("gtin", flat=True)) == ["", GTIN]
