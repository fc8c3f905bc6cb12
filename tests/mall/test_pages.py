"""Every page opens, in three languages, and says what it knows."""

import json

import pytest
from django.views.defaults import server_error

from teahorse.catalog.models import Product
from teahorse.common.ids import short

READ = (
    "/",
    "/kinds/",
    "/kinds/crafts/",
    "/search/",
    "/search/?q=地毯",
    "/search/?q=zzzz",
    "/makers/coop-weavers/",
    "/places/54/",
    "/places/540524201203/",
    "/scan/",
    "/area/",
    "/cart/",
    "/checkout/",
    "/me/",
    "/me/orders/",
    "/about/returns/",
    "/about/privacy/",
)


@pytest.mark.parametrize("language", ["zh-hans", "bo", "en"])
@pytest.mark.parametrize("address", READ)
def test_every_page_opens_in_every_language(world, guest, language, address):
    guest.cookies["language"] = language

    answer = guest.get(address)

    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.content.decode()
    assert len(answer.content) < 100_000


@pytest.mark.parametrize("language", ["zh-hans", "bo", "en"])
def test_a_product_opens_in_every_language_with_its_poster_and_code(world, guest, language):
    guest.cookies["language"] = language

    answers = [guest.get(world.page(world.carpet) + rest) for rest in ("", "poster/", "qr.svg")]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[2]["Content-Type"] == "image/svg+xml"


def test_a_product_says_where_it_comes_from_and_what_sending_costs(world, guest):
    guest.cookies["language"] = "en"

    told = guest.get(world.page(world.carpet)).content.decode()

    assert "Gyaimain carpet" in told
    assert "Qonggyai" in told
    assert "freight ¥27.00" in told  # 4 kg: 12 + 3 x 5
    assert "Sheep" in told
    assert "18 days" in told


def test_freight_is_shown_for_the_area_that_the_buyer_chose(world, guest):
    chosen = guest.post("/area/", {"province": "54", "city": "5401", "county": "540123", "next": world.page(world.carpet), "do": "keep"})
    guest.cookies["language"] = "en"

    told = guest.get(chosen["Location"]).content.decode()

    assert "To Nyemo" in told
    assert "freight ¥12.00" in told  # 4 kg inside the region: 6 + 3 x 2


def test_an_empty_house_opens_too(db, guest):
    answers = [guest.get(address).status_code for address in ("/", "/kinds/", "/search/", "/cart/", "/checkout/", "/me/")]

    assert answers == [200] * 6


@pytest.mark.parametrize(
    "address",
    [
        "/kinds/none/",
        "/makers/none/",
        "/makers/centre-qonggyai/",
        "/places/99/",
        "/places/a%00b/",
        "/goods/0351eyWPwL8IUlGzeTuDwB/",
        "/goods/zzzzzzzzzzzzzzzzzzzzzz/",
    ],
)
def test_what_is_not_there_is_404(world, guest, address):
    assert guest.get(address).status_code == 404


def test_strange_questions_are_answered(world, guest):
    odd = (
        "/search/?q=%00&page=x&low=a&high=-1&area=x&sort=y",
        "/search/?page=99999",
        "/search/suggest/?q=%00",
        "/areas/?parent=54",
        "/cart/?removed=x",
    )

    assert [guest.get(address).status_code for address in odd] == [200] * 5
    assert guest.get("/areas/?parent=x").status_code == 422
    assert guest.get("/checkout/?buy=x").status_code == 422


def test_names_are_escaped_wherever_they_stand(world, guest, put):
    Product.objects.filter(pk=world.carpet.variant.product_id).update(
        title="<script>alert(1)</script>", story="<img src=x onerror=alert(1)>"
    )
    put(world.carpet)

    for address in (
        "/",
        "/kinds/crafts/",
        world.page(world.carpet),
        "/makers/coop-weavers/",
        "/cart/",
        "/checkout/",
        "/search/?q=<script>alert(1)</script>",
    ):
        told = guest.get(address).content.decode()
        assert "<script>alert" not in told
        assert "<img src=x" not in told


def test_a_hall_says_where_the_buyer_is_and_its_code_leads_there(world, guest):
    told = guest.get(f"{world.page(world.carpet)}?hall={short(world.hall.pk)}").content.decode()

    assert "琼结展厅" in told


def test_robots_are_kept_from_personal_pages(guest):
    assert "Disallow: /orders/" in guest.get("/robots.txt").content.decode()


def test_the_pages_of_errors_open(world, guest):
    refused = guest.post("/cart/", {"offer": "x"}, HTTP_SEC_FETCH_SITE="cross-site")

    assert refused.status_code == 403
    assert guest.get("/nothing/").status_code == 404


def test_the_page_of_a_fault_of_ours_names_the_style_sheet_that_is_there(settings, tmp_path, rf):
    names = {"version": "1.1", "paths": {"ui/teahorse.css": "ui/teahorse.0123456789ab.css"}}
    (tmp_path / "staticfiles.json").write_text(json.dumps(names))
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "teahorse.common.static_files.HashedFiles"}}

    answer = server_error(rf.get("/"))

    assert (answer.status_code, b'href="/static/ui/teahorse.0123456789ab.css"' in answer.content) == (500, True)
