"""What a buyer can open in the demo's stories beside the words: papers, pictures, and the book of who earned what."""

import io
import shutil
import subprocess

import pytest
from django.urls import reverse
from PIL import Image

from teahorse.demo.queries import demo_codes
from teahorse.demo.scenes import DRAWN
from teahorse.demo.stories import told_stories
from teahorse.trace.models import Attachment, Certificate
from tests.demo.test_stories import look

MOST_BYTES = 60_000


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


def pages(language="en"):
    return {address.strip("/").rsplit("/", 1)[-1]: look(address, language) for address in (one.address for one in demo_codes())}


def test_every_paper_of_a_story_opens(house):
    for code, page in pages().items():
        papers = page.context["told"].papers

        assert papers
        for paper in papers:
            opened = look(reverse("mall:scanned_paper", args=[code, paper.key]))
            assert (paper.has_paper, opened.status_code, opened["Content-Type"]) == (True, 200, "application/pdf")


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is missing: make browser installs it")
def test_a_paper_of_the_demo_says_that_it_is_none(house):
    stored = Certificate.objects.exclude(kind="commitment").select_related("paper")

    assert len(stored) == 6
    for certificate in stored:
        read = subprocess.run(["pdftotext", "-layout", "-", "-"], input=bytes(certificate.paper.content), check=True, capture_output=True)
        text = read.stdout.decode()
        assert "演示文件，不是证书" in text
        assert "A demonstration, not a certificate" in text
        assert certificate.number in text


def test_one_maker_shows_who_earned_what(house):
    opened = {page.context["told"].maker.key: page.context["earned"] for page in pages().values() if page.context["earned"]}

    assert list(opened) == ["coop-xiaozhongdian-yak"]
    *lines, whole = opened["coop-xiaozhongdian-yak"].lines
    assert lines[0]["label"] == "The households it comes from"
    assert sum(line["fen"] for line in lines) == whole["fen"] > 0


def test_each_story_has_drawn_pictures_that_open_and_the_page_stays_light(house):
    seen = []
    for code, page in pages().items():
        told = page.context["told"]
        photos = [photo for step in told.steps for photo in step.photos]
        small = [look(reverse("mall:scanned_attachment", args=[code, photo]) + "?small") for photo in photos]
        large = [look(reverse("mall:scanned_attachment", args=[code, photo])) for photo in photos]
        assert {answer["Content-Type"] for answer in (*small, *large)} == {"image/webp"}
        assert {Image.open(io.BytesIO(answer.content)).size for answer in large} == {(640, 480)}
        assert len(page.content) + sum(len(answer.content) for answer in small) < MOST_BYTES
        seen.append((told.maker.key, len(photos)))

    wine, yak, rug = "company-chamchen-wine", "coop-xiaozhongdian-yak", "coop-hongxing"
    assert seen == [(wine, 5), (yak, 5), (rug, 3), (yak, 5), (rug, 4)]
    assert not Attachment.objects.filter(kind=Attachment.Kind.VOICE).exists()


def test_every_drawing_of_the_content_is_the_picture_of_a_step():
    wanted = {step["scene"] for story in told_stories() for step in story["step"] if "scene" in step}

    assert wanted == {path.stem for path in DRAWN.glob("*.svg")}
