"""What is printed: every code of every form is read back by a scanner at the resolution of a label printer."""

import io
import shutil
import subprocess

import pytest
import zxingcpp
from PIL import Image

from teahorse.trace import labels
from teahorse.trace.gs1.short_codes import make_code, make_hidden
from teahorse.trace.gs1.unreadable import Unreadable
from tests.dossiers.test_paper import glyphs

from .labelled import GTIN

LONG = "西藏自治区琼结县多吉青稞酒农民专业合作社联合社有限责任公司"
SAID = {
    "item": {"bo": "ནས་ཆང་།", "zh": "青稞酒"},
    "maker": {"bo": "རྡོ་རྗེ་མཉམ་ལས་ཁང་།", "zh": "多吉合作社"},
    "lot": "L260815",
    "made": "2026-08-15",
    "best_before": "2027-08-14",
    "pieces": 0,
    "seller": "coop-dorje",
    "gtin": "",
    "home": "https://chama.example",
}  # fmt: skip
MANY_LETTERS = SAID | {
    "item": {"bo": "བོད་ལྗོངས་མཐོ་སྒང་གི་ནས་ཆང་ཡང་དག་པ་སྤུས་ལེགས།", "zh": "雅鲁藏布江河谷手工酿造青稞酒礼盒装五百毫升"},
    "maker": {"bo": "རྡོ་རྗེ་ནས་ཆང་ཞིང་པའི་ཆེད་ལས་མཉམ་ལས་ཁང་།", "zh": LONG},
    "lot": "L20260815-NORTH-0001",
    "pieces": 12,
}


def sheet(count, said, *, level="piece", hidden=True):
    codes = [make_code() for _ in range(count)]
    texts = [labels.qr_text(said, code=code, level=level) for code in codes]
    made = [labels.Label(labels.drawn(text), code, make_hidden() if hidden else "") for text, code in zip(texts, codes, strict=True)]
    return made, texts


def scanned(picture):
    return [found.text for found in zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))]


@pytest.mark.parametrize("said", [SAID, MANY_LETTERS, SAID | {"gtin": GTIN}], ids=["short", "many letters", "with a GTIN"])
@pytest.mark.parametrize("form", labels.FORMS)
@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="pdftoppm (poppler-utils) is not installed")
def test_every_printed_code_is_read_back_at_203_dots_an_inch(form, said, tmp_path):
    made, texts = sheet(27, said)
    (tmp_path / "labels.pdf").write_bytes(labels.labels_pdf(form, said, made))

    subprocess.run(["pdftoppm", "-r", "203", "-gray", "labels.pdf", "page"], cwd=tmp_path, check=True)

    pages = [scanned(page.read_bytes()) for page in sorted(tmp_path.glob("page*.pgm"))]
    on_a_page = labels.FORMS[form].columns * labels.FORMS[form].rows
    assert [len(page) for page in pages] == [len(texts[start : start + on_a_page]) for start in range(0, 27, on_a_page)]
    assert sorted(text for page in pages for text in page) == sorted(texts)


def test_a_roll_is_forty_by_thirty_millimetres_and_a_code_stands_on_whole_dots():
    made, texts = sheet(1, SAID)

    (picture,) = labels.labels_pictures("roll_40x30", SAID, made)

    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))[0]
    assert Image.open(io.BytesIO(picture)).size == (320, 240)
    assert found.text == texts[0]
    assert labels._printed(labels.FORMS["roll_40x30"], SAID, made)["square"] / labels.DOT_MM == pytest.approx(5)


@pytest.mark.parametrize("form", labels.FORMS)
def test_no_sign_is_missing_in_tibetan_and_in_chinese(form):
    made, _texts = sheet(1, SAID)

    assert 0 not in glyphs(labels.labels_pdf(form, SAID, made))


def test_a_code_without_a_gtin_is_a_short_address_in_capitals_so_that_it_is_small():
    text = labels.qr_text(SAID, code="0123456789AB", level="piece")

    assert text == "HTTPS://CHAMA.EXAMPLE/T/0123456789AB"
    assert (labels.drawn(text).squares, labels.drawn(text.lower()).squares) == (25, 29)


def test_a_code_with_a_gtin_is_a_digital_link():
    said = SAID | {"gtin": GTIN}

    assert labels.qr_text(said, code="0123456789AB", level="piece") == f"HTTPS://CHAMA.EXAMPLE/01/{GTIN}/10/L260815/21/0123456789AB"
    assert labels.qr_text(said, code="0123456789AB", level="lot") == f"HTTPS://CHAMA.EXAMPLE/01/{GTIN}/10/L260815"
    assert labels.qr_text(said, code="0123456789AB", level="case") == "HTTPS://CHAMA.EXAMPLE/T/0123456789AB"


@pytest.mark.parametrize("gtin", ["02012345678903", "00212345678900", "02912345678909", "00412345678908", "00000020123451"])
def test_a_restricted_number_comes_into_no_code(gtin):
    from teahorse.trace.gs1.keys import closed

    with pytest.raises(Unreadable) as refused:
        labels.qr_text(SAID | {"gtin": closed(gtin[:13])}, code="0123456789AB", level="lot")

    assert refused.value.code == "restricted_number"
