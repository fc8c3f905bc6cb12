"""The codes on pages: what is drawn is read by a scanner, and is what another encoder draws."""

import re

import pytest
import segno
import zxingcpp
from PIL import Image

from teahorse.mall.pay import RIM, qr_svg

TEXTS = [
    "019a1b2c3d4e7f80912a3b4c5d6e7f80",
    "weixin://wxpay/bizpayurl?pr=abcDEF01",
    "52718364",
    "https://mall.example/goods/00000000000000000000AB/?hall=00000000000000000000CD",
]


def dots(svg: str) -> list[list[int]]:
    """Return the modules of a drawn code, 1 for dark, its rim left away."""
    size = int(re.search(r'viewBox="0 0 (\d+) \1"', svg)[1])
    assert f'<path fill="#fff" d="M0 0h{size}v{size}h-{size}z"/>' in svg
    rows = [[0] * size for _ in range(size)]
    for x, y, width in re.findall(r"M(\d+) (\d+)\.5h(\d+)", svg):
        rows[int(y)][int(x) : int(x) + int(width)] = [1] * int(width)
    assert not any(sum(row) for row in (*rows[:RIM], *rows[-RIM:]))
    assert not any(row[at] for row in rows for at in (0, 1, -1, -2))
    return [row[RIM:-RIM] for row in rows[RIM:-RIM]]


@pytest.mark.parametrize("text", TEXTS)
def test_a_scanner_reads_what_is_drawn(text):
    drawn = dots(qr_svg(text))
    picture = Image.new("L", (len(drawn) + 8, len(drawn) + 8), 255)
    for y, row in enumerate(drawn):
        for x, dot in enumerate(row):
            picture.putpixel((x + 4, y + 4), 0 if dot else 255)

    found = zxingcpp.read_barcodes(picture.resize((picture.width * 5, picture.height * 5), Image.Resampling.NEAREST))

    assert [code.text for code in found] == [text]


# digits, and capitals: other texts are packed in many ways, and padded in two
@pytest.mark.parametrize("text", ["52718364", "TEAHORSE 26-11"])
def test_another_encoder_draws_the_same(text):
    drawn = dots(qr_svg(text))

    version = (len(drawn) - 17) // 4
    others = [segno.make(text, error="m", boost_error=False, version=version, mask=mask).matrix for mask in range(8)]
    assert drawn in [[list(row) for row in other] for other in others]


def test_a_drawn_code_stands_in_a_page_as_it_is():
    svg = qr_svg(TEXTS[0])

    assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 33 33">')
    assert len(svg) < 2500
