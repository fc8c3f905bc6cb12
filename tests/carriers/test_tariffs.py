"""A carrier's tariff comes in as a table, whole or not at all."""

import pytest

from teahorse.carriers import actions, queries
from teahorse.carriers.models import CarrierTariff

pytestmark = pytest.mark.django_db
HEADINGS = "service,to,first_kg,first_yuan,step_kg,step_yuan,cm3_per_kg,days"
GOOD = f"{HEADINGS}\n2,54,1,15,0.5,3.5,6000,4\n2,,1,24,1,14,,6\n".encode()
WRONG_ROWS = (
    *("2,,1,24,1,14,", ",,1,24,1,14,,6", "2,xz,1,24,1,14,,6", "2,,0,24,1,14,,6", "2,,1,viel,1,14,,6", "2,,1,24,0,14,,6"),
    *("2,,1,24,1,-1,,6", "2,,1,24,1,14,0,6", "2,,1,24,1,14,,0", "2,,1,24,1,14,,6,7"),
)


def rows():
    return sorted(
        CarrierTariff.objects.values_list("carrier", "destination_code", "first_fen", "step_grams", "step_fen", "cm3_per_kg", "days")
    )


def test_a_tariff_takes_the_place_of_the_one_before_and_of_no_other_carriers():
    actions.take_tariff(carrier="jd", content=GOOD)
    actions.take_tariff(carrier="sf", content=GOOD)

    count = actions.take_tariff(carrier="sf", content=f"\ufeff{HEADINGS}\n1,,1,30,1,20,8000,3\n\n".encode())

    assert count == 1
    assert rows() == [("jd", "", 2400, 1000, 1400, None, 6), ("jd", "54", 1500, 500, 350, 6000, 4), ("sf", "", 3000, 1000, 2000, 8000, 3)]
    found = queries.tariff_for(carrier="jd", service="", destination="540524")
    assert found is not None
    assert found.destination_code == "54"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        *((b"", 1), (b"\xff\xfe", 1), (b"service,to\n", 1), (GOOD + b"2,,1,24,1,14,,6\n", 4)),
        *((f"{HEADINGS}\n{row}\n".encode(), 2) for row in WRONG_ROWS),
    ],
)
def test_what_cannot_be_read_is_said_with_its_line_and_the_old_one_stays(content, line):
    actions.take_tariff(carrier="sf", content=GOOD)
    before = rows()

    with pytest.raises(actions.TariffUnreadable) as refused:
        actions.take_tariff(carrier="sf", content=content)

    assert (refused.value.numbers["line"], rows()) == (line, before)
