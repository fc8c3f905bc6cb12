"""A carrier's bill beside what was weighed, and the choice of a carrier with its reasons."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from teahorse.carriers import actions, queries
from teahorse.carriers.models import BillLine, CarrierBill, CarrierTariff, Consignment
from tests import world

from .conftest import SENDER, make_parcel

pytestmark = pytest.mark.django_db


def consigned(number, *, weight_grams=1250, volume_cm3=0, **more):
    made = actions.consign(
        parcel=make_parcel(), carrier="sf", sender=SENDER, weight_grams=weight_grams, volume_cm3=volume_cm3, now=timezone.now()
    )
    values = {"number": number, "stage": "booked", "booked_at": timezone.now(), **more}
    Consignment.objects.filter(pk=made.pk).update(**values)
    return made


def billed(*lines, heading="number,kg,yuan"):
    content = "\n".join([heading, *lines]).encode()
    return actions.take_bill(carrier="sf", month="2026-08", content=content, by=world.person(), now=timezone.now())


def test_each_line_is_compared_with_what_was_weighed(tariff):
    centre = world.organisation("centre-qonggyai", kind="county_centre")
    for number in ("RIGHT", "HEAVY", "DEAR", "CHEAP", "LARGE", "TWICE"):
        consigned(f"SF{number}", volume_cm3=12_000 if number == "LARGE" else 0, weight_grams=800 if number == "LARGE" else 1250)
    off = consigned("SFOFF", stage="cancelled")

    bill = billed(
        "SFRIGHT,1.25,23.00", "SFHEAVY,12.5,78", "SFDEAR,1.25,25.5", "SFCHEAP,1.25,20", "SFLARGE,2.0,23", "SFTWICE,2,23", "SFTWICE,2,23",
        "SFOFF,1.25,23", "SFSTRANGE,1,18",
    )  # fmt: skip

    lines = {(line.number, line.place): line for line in BillLine.objects.select_related("owner")}
    assert {number: line.reason for (number, _), line in sorted(lines.items(), key=lambda pair: pair[0][1])} == {
        "SFRIGHT": "", "SFHEAVY": "heavier", "SFDEAR": "dearer", "SFCHEAP": "cheaper", "SFLARGE": "", "SFTWICE": "twice",
        "SFOFF": "cancelled", "SFSTRANGE": "unknown",
    }  # fmt: skip
    assert lines["SFTWICE", 7].reason == ""
    assert lines["SFHEAVY", 3].owner == off.parcel.sender
    assert lines["SFDEAR", 4].owner == centre
    assert (lines["SFSTRANGE", 10].owner, lines["SFRIGHT", 2].owner) == (None, None)
    assert bill.total_fen == 2300 + 7800 + 2550 + 2000 + 2300 + 2300 + 2300 + 2300 + 1800
    assert (lines["SFHEAVY", 3].billed_grams, lines["SFHEAVY", 3].our_grams, lines["SFLARGE", 6].our_grams) == (12_500, 1250, 2000)
    assert queries.differing_lines()[0].number == "SFHEAVY"


def test_grams_billed_as_kilograms_are_found(tariff):
    """A file whose column holds grams makes each line a thousand times too heavy; none passes as right."""
    consigned("SF1")

    billed("SF1,1250,23")

    assert BillLine.objects.get().reason == "heavier"


def test_the_same_file_is_one_bill_and_the_next_month_knows_what_was_billed(tariff):
    consigned("SF1")
    assert billed("SF1,1.25,23").pk == billed("SF1,1.25,23").pk

    billed("SF1,1.25,23.00")

    assert list(BillLine.objects.order_by("bill__taken_at").values_list("reason", flat=True)) == ["", "twice"]


@pytest.mark.parametrize("line", ["SF1,abc,23", "SF1,1.25", ",1,1", "SF1,-1,23", "SF1,1,NaN", "SF1,1e999999999,1", "SF1,1e-999999999,-"])
def test_what_cannot_be_read_is_told_by_its_line_and_nothing_is_kept(line, tariff):
    with pytest.raises(actions.BillUnreadable) as refused:
        billed("SF0,1,18", line)

    assert refused.value.numbers["line"] == 3
    assert CarrierBill.objects.count() == 0


def test_a_chinese_heading_is_read_and_another_is_not(tariff):
    consigned("SF1")
    billed("SF1,1.25,23", heading="\ufeff运单号,计费重量,金额")
    assert BillLine.objects.get().reason == ""
    with pytest.raises(actions.BillUnreadable):
        billed("SF1,1.25", heading="number,kg")


def test_a_bill_as_a_chinese_program_saves_it_is_read(tariff):
    consigned("SF1")

    content = "运单号,计费重量,金额\nSF1,1.25,23".encode("gb18030")
    actions.take_bill(carrier="sf", month="2026-08", content=content, by=world.person(), now=timezone.now())

    assert BillLine.objects.get().reason == ""


def test_who_promised_nothing_yet_is_not_the_surest(tariff):
    [only] = queries.choices(destination="310104", weight_grams=1250, volume_cm3=0, carriers=["sf"], now=timezone.now())

    assert (only.is_cheapest, only.is_quickest, only.is_surest) == (True, True, False)


def test_a_sure_carrier_goes_before_a_cheap_one_that_breaks_its_promises(tariff):
    CarrierTariff.objects.create(
        carrier="china_post", service="标准快递", first_grams=1000, first_fen=1200, step_grams=1000, step_fen=400, days=7
    )
    now = timezone.now()
    for place in range(8):
        is_sf = place < 4
        made = consigned(f"N{place}", carrier="sf" if is_sf else "china_post", promised_by=now - timedelta(days=2))
        if is_sf:
            Consignment.objects.filter(pk=made.pk).update(delivered_at=now - timedelta(days=3))

    first, second = queries.choices(destination="310104", weight_grams=1250, volume_cm3=0, carriers=["sf", "china_post"], now=now)

    assert (first.carrier, first.fee_fen, first.kept, first.broken, first.kept_share) == ("sf", 2300, 4, 0, Decimal(5) / 6)
    assert (second.carrier, second.fee_fen, second.kept, second.broken) == ("china_post", 1600, 0, 4)
    assert (first.is_cheapest, first.is_quickest, first.is_surest) == (False, True, True)
    assert (second.is_cheapest, second.is_quickest, second.is_surest) == (True, False, False)


def test_the_longest_matching_area_holds(tariff):
    CarrierTariff.objects.create(
        carrier="sf", service="2", destination_code="54", first_grams=1000, first_fen=1200, step_grams=1000, step_fen=200, days=2
    )

    for destination, fen in (("540524", 1400), ("310104", 2300)):
        (choice,) = queries.choices(destination=destination, weight_grams=1250, volume_cm3=0, carriers=["sf"], now=timezone.now())
        assert choice.fee_fen == fen
