"""Paying inside WeChat's own browser: who pays is asked first, of the sandbox over HTTP."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.test import Client

from teahorse.common.ids import short
from teahorse.mall import wechat
from teahorse.orders.models import OrderGroup
from teahorse.payments.models import Payment
from tests.mall.world import confirmed
from tests.payments.conftest import running_sandbox, sandbox  # noqa: F401 - fixtures

AGENT = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) Mobile MicroMessenger/8.0.50"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def account(sandbox, settings):  # noqa: F811 - the fixture
    settings.ROOT_URLCONF = "teahorse.urls"
    return sandbox


@pytest.fixture
def guest():
    return Client(HTTP_SEC_FETCH_SITE="same-origin", headers=AGENT)


@pytest.fixture
def order(world, guest, put):
    put(world.incense)
    guest.post("/checkout/", confirmed(guest))
    return f"/orders/{short(OrderGroup.objects.get().pk)}/"


def press(guest, order):
    """Choose WeChat Pay, and return where WeChat is asked."""
    answer = guest.post(f"{order}pay/", {"provider": "wechat_pay"})
    assert answer.status_code == 302
    return answer["Location"]


def answer_of(address):
    """Be WeChat's browser: open its page, and return the way back as path and query."""
    location = httpx.get(address, headers=AGENT, trust_env=False).headers["Location"]
    parts = urlsplit(location)
    return f"{parts.path}?{parts.query}"


def test_who_pays_is_asked_once_and_the_payment_goes_on(account, guest, order):
    address = press(guest, order)
    assert address.startswith(f"{account.address}/wechat/connect/oauth2/authorize?")
    assert Payment.objects.count() == 0

    back = guest.get(answer_of(address))

    assert back["Location"] == f"{order}pay/"
    payment = Payment.objects.get()
    assert (payment.method, payment.state) == ("jsapi", "paying")
    assert payment.asked["openid"] == guest.session["wechat_openid"]
    page = guest.get(f"{order}pay/").content.decode()
    assert "<wechat-pay" in page
    assert "paySign" in page
    assert "way=code" in page
    assert press(guest, order) == f"{order}pay/"  # known from now on
    assert Payment.objects.count() == 1


def test_the_demos_payer_pays_what_was_opened_inside_wechat(account, guest, order):
    guest.get(answer_of(press(guest, order)))
    page = guest.get(f"{order}pay/").content.decode()

    link = page.split(f'href="{account.address}/wechatpay/pay?')[1].split('"')[0].replace("&amp;", "&")

    assert account.http.get(f"/wechatpay/pay?{link}").status_code == 200


def test_an_answer_is_taken_once_by_the_session_that_asked(account, guest, order, world, put):
    address = press(guest, order)
    back = answer_of(address)
    stranger = Client(HTTP_SEC_FETCH_SITE="same-origin", headers=AGENT)
    stranger.cookies["orders"] = guest.cookies["orders"].value
    stranger.cookies["language"] = guest.cookies["language"] = "en"

    told = stranger.get(back, follow=True)
    assert "is not for this visit" in told.content.decode()
    assert "way=code" in told.content.decode()
    assert "wechat_openid" not in stranger.session
    assert Payment.objects.count() == 0

    guest.get(back)
    assert Payment.objects.get().method == "jsapi"
    again = guest.get(back, follow=True)
    assert "is not for this visit" in again.content.decode()


@pytest.mark.parametrize("state", ["", "0" * 32, "词"])
def test_a_forged_state_is_refused_and_ends_the_asking(account, guest, order, state):
    back = answer_of(press(guest, order))
    path, _, query = back.partition("?")
    given = {name: values[0] for name, values in parse_qs(query).items()}

    forged = guest.get(path, {**given, "state": state})

    assert forged["Location"] == f"{order}pay/"
    assert "wechat_openid" not in guest.session
    guest.get(back)
    assert "wechat_openid" not in guest.session
    assert Payment.objects.count() == 0


def test_an_answer_for_another_order_is_refused(account, guest, order, world, put):
    put(world.carpet)
    guest.post("/checkout/", confirmed(guest))
    other = OrderGroup.objects.order_by("-placed_at").first()
    back = answer_of(press(guest, order))

    guest.get(back.replace(order, f"/orders/{short(other.pk)}/"))

    assert "wechat_openid" not in guest.session


def test_an_answer_that_comes_too_late_is_refused(account, guest, order, monkeypatch):
    monkeypatch.setattr(wechat, "STATE_SECONDS", -1)

    guest.get(answer_of(press(guest, order)))

    assert "wechat_openid" not in guest.session


@pytest.mark.parametrize("trouble", ["SYSTEM_ERROR", "used", "no code"])
def test_trouble_is_told_and_a_code_is_the_way_on(account, guest, order, trouble):
    back = answer_of(press(guest, order))
    if trouble == "SYSTEM_ERROR":
        account.control(api=[{"answer": "SYSTEM_ERROR", "path": "/sns/"}])
    elif trouble == "used":
        code = parse_qs(urlsplit(back).query)["code"][0]
        keys = account.merchant
        sent = {"appid": keys["appid"], "secret": keys["app_secret"], "code": code, "grant_type": "authorization_code"}
        account.http.get("/wechat/sns/oauth2/access_token", params=sent)
    else:
        back = back.replace("code=", "nothing=")

    told = guest.get(back, follow=True)

    assert told.status_code == 200
    assert "notice--alarm" in told.content.decode()
    assert guest.post(f"{order}pay/?way=code", {"provider": "wechat_pay"})["Location"] == f"{order}pay/"
    assert Payment.objects.get().method == "native"
    page = guest.get(f"{order}pay/").content.decode()
    assert "<svg" in page
    assert 'value="wechat_pay"' in page  # and back again


def test_without_an_account_a_code_is_shown_at_once(account, guest, order, settings, tmp_path):
    import json

    (tmp_path / "merchant.json").write_text(json.dumps({**account.merchant, "app_secret": ""}))
    settings.SANDBOX_KEYS = tmp_path

    guest.post(f"{order}pay/", {"provider": "wechat_pay"})

    assert Payment.objects.get().method == "native"


def test_nobody_else_brings_an_answer_for_an_order(account, guest, order):
    assert Client(headers=AGENT).get(answer_of(press(guest, order))).status_code == 404


def test_the_pay_pages_form_may_lead_to_wechat(guest, order):
    policy = guest.get(f"{order}pay/")["Content-Security-Policy"]

    assert "https://open.weixin.qq.com" in policy.split("form-action")[1].split(";")[0]
