"""The paper of a certificate is kept as it came, shown to buyers on its chip, and is what it says it is."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from teahorse.common.ids import new_id
from teahorse.trace import actions
from teahorse.trace.models import Attachment, Certificate
from tests import world
from tests.aftersales.making import picture
from tests.at_once import at_once
from tests.console.world import member
from tests.trace.goods import lot_of
from tests.trace.labelled import made as labels_of
from tests.trace.shelf import trade_item

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture
def lot(coop):
    return lot_of(trade_item(None, coop, unit="KGM"), "B1")


@pytest.fixture
def organic(coop, lot, seller):
    said = {"kind": "organic", "number": "有机-1", "issuer": "认证中心", "issued_date": timezone.localdate()}
    return actions.add_certificate(holder=coop, **said, lots=[lot], by=seller, now=timezone.now())


def at(name, org, **more):
    return reverse(f"console:{name}", kwargs={"org": org.key, **more})


def file(content=PDF, name="paper.pdf", kind="application/pdf"):
    return SimpleUploadedFile(name, content, kind)


def typed(**more):
    return {
        "kind": "organic",
        "number": "有机-2",
        "issuer": "认证中心",
        "issued_date": f"{timezone.localdate():%F}",
        "valid_until": "",
        **more,
    }


def test_a_certificate_is_written_down_with_its_paper(browser_of, seller, coop):
    browser = browser_of(seller)

    answer = browser.post(at("certificates", coop), typed(paper=file()))

    kept = Certificate.objects.get()
    assert answer.status_code == 302
    assert (kept.paper.kind, kept.paper.media_type, bytes(kept.paper.content)) == ("paper", "application/pdf", PDF)
    assert browser.get(at("certificate_paper", coop, certificate_id=kept.pk)).content == PDF


def test_a_buyer_opens_it_from_the_story(browser_of, seller, coop, lot, organic):
    browser_of(seller).post(at("certificate_attach", coop, certificate_id=organic.pk), {"paper": file()})
    code = labels_of(lot, by=seller).codes.first().code

    page = Client().get(f"/t/{code}").content.decode()
    address = reverse("mall:scanned_paper", args=[code, organic.pk])
    opened = Client().get(address)

    assert f'href="{address}"' in page
    assert (opened.content, opened["Content-Type"], opened["X-Content-Type-Options"]) == (PDF, "application/pdf", "nosniff")


def test_a_photograph_is_written_anew_without_what_the_camera_said(browser_of, seller, coop, organic):
    exif = Image.Exif()
    exif[0x010F] = "SECRET CAMERA"
    content = picture(exif=exif).getvalue()

    browser_of(seller).post(at("certificate_attach", coop, certificate_id=organic.pk), {"paper": file(content, "a.jpg", "image/jpeg")})

    organic.refresh_from_db()
    kept = bytes(organic.paper.content)
    assert b"SECRET CAMERA" in content
    assert organic.paper.media_type == "image/webp"
    assert b"SECRET CAMERA" not in kept
    assert Image.open(io.BytesIO(kept)).format == "WEBP"


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script>",
        b"%PDF-1.7 with no end",
        b"PK\x03\x04 a spreadsheet %%EOF",
        b"\xff\xd8\xff and then nothing of a picture",
        b"GIF89a%%EOF",
        b"%PDF-" + b"0" * (8 * 1024 * 1024) + b"%%EOF",
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_at_its_field_and_nothing_is_kept(browser_of, seller, coop, organic, content):
    browser = browser_of(seller)

    added = browser.post(at("certificates", coop), typed(paper=file(content)))
    attached = browser.post(at("certificate_attach", coop, certificate_id=organic.pk), {"paper": file(content)})

    organic.refresh_from_db()
    assert (added.status_code, attached.status_code) == (422, 422)
    for answer in (added, attached):
        assert '<div id="paper-told"><p class="field__error">' in answer.content.decode()
    assert "有机-2" in added.content.decode()
    assert (Certificate.objects.count(), organic.paper, Attachment.objects.count()) == (1, None, 0)


def test_a_paper_is_kept_once_and_none_is_made_up(browser_of, seller, coop, organic, lot):
    browser, address = browser_of(seller), at("certificate_attach", coop, certificate_id=organic.pk)
    commitment = actions.commit_lot(lot=lot, by=seller, now=timezone.now())

    none = browser.post(address, {})
    browser.post(address, {"paper": file()})
    again = browser.post(address, {"paper": file(PDF + b"%%EOF")})
    of_our_own = browser.post(at("certificate_attach", coop, certificate_id=commitment.pk), {"paper": file()})

    organic.refresh_from_db()
    assert (none.status_code, again.status_code, of_our_own.status_code) == (422, 409, 409)
    assert bytes(organic.paper.content) == PDF
    assert Attachment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_papers_at_once_one_is_kept(seller, organic):
    def attach(content):
        return lambda: actions.attach_paper(
            certificate=Certificate.objects.get(pk=organic.pk), file=io.BytesIO(content), by=seller, now=timezone.now()
        )

    outcomes = at_once(attach(PDF), attach(PDF + b"\n%%EOF"))

    assert sorted(type(one).__name__ for one in outcomes) == ["Certificate", "PaperThere"]
    assert Attachment.objects.count() == 1


def test_nobody_adds_a_paper_to_a_neighbours_certificate(browser_of, organic):
    stranger = browser_of(member(world.organisation("neighbour"), "+8619900071044"))

    for key in ("neighbour", organic.holder.key):
        answer = stranger.post(f"/console/{key}/trace/certificates/{new_id().hex}/attach/", {"paper": file()})
        assert answer.status_code == 404
        answer = stranger.post(
            at("certificate_attach", organic.holder, certificate_id=organic.pk).replace("coop-dorje", key), {"paper": file()}
        )
        assert answer.status_code == 404
    assert not Attachment.objects.exists()
