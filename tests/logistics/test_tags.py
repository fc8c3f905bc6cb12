"""Tags of bags and cages: a scanner reads them, and they say nothing of what lies inside."""

import io

import pytest
import zxingcpp
from PIL import Image

from teahorse.logistics import actions
from teahorse.logistics.tags import tag_pictures, tags_pdf
from teahorse.logistics.waybill import NothingToPrint
from tests import world

pytestmark = pytest.mark.django_db


@pytest.fixture
def units():
    point, goal = world.service_point("lhayu"), world.service_point("dechen")
    make = {"organisation": point.organisation, "at": point, "now": world.NOW}
    bags = actions.make_units(kind="bag", count=2, destination=goal, is_cold=True, **make)
    return [*bags, *actions.make_units(kind="cage", count=1, **make)]


def test_a_scanner_reads_the_code_from_each_tag(units):
    pictures = [Image.open(io.BytesIO(picture)) for picture in tag_pictures(units)]

    assert [[found.text for found in zxingcpp.read_barcodes(picture)] for picture in pictures] == [[unit.code] for unit in units]
    assert {picture.size for picture in pictures} == {(799, 559)}


def test_a_pdf_has_a_page_a_tag(units):
    pdf = tags_pdf(units)

    assert pdf.startswith(b"%PDF")


def test_without_a_bag_there_is_nothing_to_print():
    with pytest.raises(NothingToPrint):
        tags_pdf([])
