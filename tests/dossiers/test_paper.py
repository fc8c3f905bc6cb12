"""The printed dossier: its code can be scanned, its sums are those of the figures, and no sign of it is missing."""

import io
import re
import shutil
import subprocess
import zlib
from datetime import UTC, datetime, timedelta

import pytest
import typst
import zxingcpp
from PIL import Image

from teahorse.dossiers import actions, paper, queries
from teahorse.dossiers.models import DossierPaper
from tests import world

from .making import asked, given_back, manager, sold

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@pytest.fixture
def dossier(db, settings):
    settings.SITE_URL = "https://chama.example"
    coop = world.organisation("coop-dorje")
    coop.i18n = {"name_bo": "རྡོ་རྗེ་མཉམ་ལས་ཁང་།"}
    coop.save()
    offer = world.offer(coop, title="青稞酒", on_hand=50)
    offer.variant.product.i18n = {"title_bo": "ནས་ཆང་།"}
    offer.variant.product.save()
    buyer = world.person("+8619900003000")
    for months in (1, 4, 9):
        (order,) = sold({offer: months}, at=NOW - timedelta(days=30 * months), buyer=buyer)
    given_back(order, 1234, at=NOW - timedelta(days=2))
    return asked(coop, manager(coop, now=NOW), now=NOW)


def printed(dossier):
    figures = queries.figures_of(seller=dossier.organisation, first_date=dossier.first_date, until=NOW)
    return {"figures": figures, "digest": "ab" * 32, "address": actions.address_of(dossier), "made_at": NOW}


def glyphs(document: bytes) -> list[int]:
    """The numbers of all glyphs that a PDF of typst shows, two bytes each; 0 is the sign for what a font does not have."""
    found = []
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", document, re.DOTALL):
        try:
            content = zlib.decompress(stream)
        except zlib.error:
            continue
        if b"BT" in content and b"Tf" in content:
            for text in _strings(content):
                assert len(text) % 2 == 0
                found += [int.from_bytes(text[place : place + 2], "big") for place in range(0, len(text), 2)]
    return found


def _strings(content: bytes):
    """Every string that is shown on a page: those in the arrays before TJ, in brackets with escapes or hexadecimal."""
    string = rb"<[0-9A-Fa-f]+>|\((?:[^()\\]|\\.)*\)"
    escapes = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
    for shown in re.finditer(rb"\[((?:" + string + rb"|[-.\d\s])*)\]\s*TJ", content, re.DOTALL):
        for text in re.findall(string, shown[1], re.DOTALL):
            if text.startswith(b"<"):
                yield bytes.fromhex(text[1:-1].decode())
            else:
                yield re.sub(
                    rb"\\([0-7]{1,3}|.)",
                    lambda part: bytes([int(part[1], 8)]) if part[1].isdigit() else escapes.get(part[1], part[1]),
                    text[1:-1],
                    flags=re.DOTALL,
                )


def test_a_banker_scans_the_way_to_the_page_that_checks_it(dossier):
    first_page = paper.dossier_pictures(dossier, **printed(dossier))[0]

    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(first_page)))

    assert code.text == f"https://chama.example/verify/{dossier.code}/"


def test_no_sign_is_missing_in_tibetan_and_in_chinese(dossier):
    document = paper.dossier_pdf(dossier, **printed(dossier))

    shown = glyphs(document)

    assert len(shown) > 1000
    assert 0 not in shown


def test_a_missing_sign_would_be_seen():
    """The test above means something: a sign that no font has is glyph 0."""
    page = '#set text(font: "Noto Serif Tibetan")\nབོད།\u0378'.encode()

    assert 0 in glyphs(typst.compile(page, format="pdf"))
    assert 0 not in glyphs(typst.compile(page.replace("\u0378".encode(), b""), format="pdf"))


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is missing: make browser installs it")
def test_the_paper_says_what_the_figures_say(dossier, tmp_path):
    actions.make_dossier(dossier_id=dossier.pk, now=NOW)
    dossier.refresh_from_db()
    (tmp_path / "dossier.pdf").write_bytes(bytes(DossierPaper.objects.get(dossier=dossier).content))

    text = subprocess.run(["pdftotext", "-layout", "dossier.pdf", "-"], cwd=tmp_path, check=True, capture_output=True).stdout.decode()

    for name in ("sold_fen", "returned_fen", "net_fen", "average_fen"):
        assert paper.money(dossier.figures[name]) in text, name
    for month in dossier.figures["months"]:
        line = next(line for line in text.splitlines() if line.strip().startswith(month["month"]))
        assert all(paper.money(month[name]) in line for name in ("sold_fen", "returned_fen", "net_fen"))
    assert dossier.digest in text.replace("\n", "")
    assert all(word in text for word in ("西藏农商银行琼结支行", "购买烘干设备", "次仁", "青稞酒", "第 1 页"))
    assert world.person("+8619900003000").name not in text
    shown = subprocess.run(["pdffonts", "dossier.pdf"], cwd=tmp_path, check=True, capture_output=True).stdout.decode()
    assert "Tibetan" in shown
