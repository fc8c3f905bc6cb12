"""Waybills: what is on a label, and that a scanner reads it."""

import io
import shutil
import subprocess
from datetime import date, datetime

import pytest
import zxingcpp
from django.utils import timezone
from PIL import Image

from teahorse.logistics import actions
from teahorse.logistics.waybill import NothingToPrint, waybill_pdf, waybill_pictures
from teahorse.logistics.waybill import _label as label_of
from teahorse.people.models import ServicePoint
from tests import world

NOW = datetime(2026, 8, 15, 4, 0, tzinfo=world.NOW.tzinfo)


def parcel(*, pickup_point: ServicePoint | None = None, name: str = "扎西卓玛", line: str = "演示路 100 号 3 单元 502"):
    sender = world.organisation("coop-dorje-iron")
    recipient = actions.Recipient(
        name=name, phone="+8619900001001", area_code="310104", area_names="上海市徐汇区", line=line, pickup_point=pickup_point
    )
    draft = actions.ParcelDraft(reference=sender.pk, weight_grams=2340, carrier="sf", carrier_number="SF1234567890")
    return actions.pack(draft=draft, sender=sender, recipient=recipient, now=NOW)


def codes(picture: bytes) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))]


@pytest.fixture
def point(db):
    return world.service_point("lhayu")


@pytest.mark.django_db
def test_a_scanner_reads_the_number_from_each_label(point):
    to_a_door, to_a_point = parcel(), parcel(pickup_point=point)

    pictures = waybill_pictures([to_a_door, to_a_point], promised={to_a_door.reference: date(2026, 8, 20)})

    assert [codes(picture) for picture in pictures] == [[to_a_door.number], [to_a_point.number]]
    assert Image.open(io.BytesIO(pictures[0])).size == (799, 1199)


@pytest.mark.django_db
def test_what_is_cold_fragile_or_large_says_so_and_the_code_stays_readable(point):
    marked = parcel(pickup_point=point)
    marked.is_cold = marked.is_fragile = True
    marked.size = marked.Size.LARGE

    [picture] = waybill_pictures([marked])

    assert [mark["zh"] for mark in label_of(marked, None)["marks"]] == ["冷藏", "易碎", "大件"]
    assert codes(picture) == [marked.number]


@pytest.mark.django_db
@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="pdftoppm (poppler-utils) is not installed")
def test_a_scanner_reads_the_number_from_the_printed_pdf(tmp_path):
    sent = [parcel(), parcel()]
    (tmp_path / "labels.pdf").write_bytes(waybill_pdf(sent))

    subprocess.run(["pdftoppm", "-r", "203", "-png", "labels.pdf", "page"], cwd=tmp_path, check=True)

    pages = sorted(tmp_path.glob("page*.png"))
    assert [codes(page.read_bytes()) for page in pages] == [[one.number] for one in sent]


@pytest.mark.django_db
def test_a_label_hides_who_the_recipient_is_and_how_the_parcel_opens(point):
    to_a_door, to_a_point = parcel(), parcel(pickup_point=point)

    def words(one):
        return str({key: value for key, value in label_of(one, None).items() if key not in {"qr", "band", "number"}})

    told = [words(one) for one in (to_a_door, to_a_point)]

    assert all("扎西卓玛" not in text and "19900001001" not in text and "502" not in text for text in told)
    assert to_a_point.pickup_code not in told[1]
    assert label_of(to_a_door, None)["name"] == "扎**玛"
    assert label_of(to_a_door, None)["phone"] == "199******01"
    assert label_of(to_a_door, None)["line"] == "演示路 *** 号 * 单元 ***"


@pytest.mark.django_db
def test_a_label_for_a_pickup_point_names_it_instead_of_the_address(point):
    label = label_of(parcel(pickup_point=point), date(2026, 8, 20))

    assert (label["pickup_point"], label["line"], label["promised"]) == ("lhayu服务点", "", "08-20")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["བཀྲ་ཤིས་སྒྲོལ་མ", "Tashi Dolma", '#let x = "]\\', "玛", ""])
def test_whatever_a_person_is_called_can_be_printed(name):
    sent = parcel(name=name, line="门牌 #1 $x$ _y_ *z* \\ 号")

    assert codes(waybill_pictures([sent])[0]) == [sent.number]


@pytest.mark.django_db
def test_the_day_of_packing_is_the_day_of_the_place():
    sent = parcel()
    sent.packed_at = datetime(2026, 8, 15, 20, 30, tzinfo=NOW.tzinfo)

    assert label_of(sent, None)["packed"] == "2026-08-16 04:30"
    assert timezone.is_aware(sent.packed_at)


def test_without_a_parcel_nothing_is_printed():
    with pytest.raises(NothingToPrint):
        waybill_pdf([])
