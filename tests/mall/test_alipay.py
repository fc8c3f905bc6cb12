"""Paying by Alipay, as a buyer sees it."""

import pytest
from django.utils import timezone

from teahorse.common.ids import short
from teahorse.orders.models import OrderGroup
from teahorse.payments.models import Payment, ProviderRest
from tests.mall.world import confirmed
from tests.payments.conftest import running_sandbox, sandbox  # noqa: F401 - fixtures

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
PHONE = "Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36"
WECHAT = f"{PHONE} MicroMessenger/8.0"


@pytest.fixture(autouse=True)
def _whole_house(sandbox, settings):  # noqa: F811 - the fixture
    settings.ROOT_URLCONF = "teahorse.urls"


@pytest.fixture
def order(world, guest, put):
    put(world.carpet)
    guest.post("/checkout/", confirmed(guest))
    return f"/orders/{short(OrderGroup.objects.get().pk)}/"


def pay(guest, order, *, agent="Mozilla/5.0 (X11)", way=""):
    answer = guest.post(f"{order}pay/{way}", {"provider": "alipay"}, headers={"user-agent": agent, "host": "localhost"})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    return Payment.objects.filter(provider="alipay").order_by("-attempt").first(), guest.get(f"{order}pay/").content.decode()


@pytest.mark.parametrize(("agent", "method"), [("Mozilla/5.0 (X11)", "page"), (PHONE, "wap")])
def test_the_browser_goes_to_alipay_and_comes_back_to_the_order(guest, order, agent, method, sandbox):  # noqa: F811 - the fixture
    payment, page = pay(guest, order, agent=agent)

    back = sandbox.alipay_act(payment)["back"]

    assert payment.method == method
    assert payment.prompt["pay_url"].replace("&", "&amp;") in page
    assert back.startswith(f"http://localhost{order}?")
    assert guest.get(back.removeprefix("http://localhost")).status_code == 200


def test_a_code_may_be_scanned_instead_and_is_paid_in_the_demonstration(guest, order):
    pay(guest, order)
    payment, page = pay(guest, order, way="?way=code")

    assert (payment.method, payment.prompt["qr_code"].startswith("https://qr.alipay.com/")) == ("precreate", True)
    assert "/alipay/pay?qr_code=" in page


def test_inside_wechat_alipay_is_not_offered(guest, order):
    outside = guest.get(f"{order}pay/").content.decode()
    inside = guest.get(f"{order}pay/", headers={"user-agent": WECHAT}).content.decode()

    assert 'value="alipay"' in outside
    assert 'value="alipay"' not in inside


def test_while_one_is_silent_the_others_are_offered_and_it_is_said(guest, order):
    now = timezone.now()
    ProviderRest.objects.create(provider="alipay", failures=5, resting_since=now, next_try_at=now, changed_at=now)

    page = guest.get(f"{order}pay/").content.decode()

    assert 'value="alipay"' not in page
    assert 'value="wechat_pay"' in page
    assert 'value="cash"' in page
    assert "notice--warn" in page


def test_without_an_account_alipay_is_not_offered(guest, order, settings):
    settings.SANDBOX_URL = ""

    assert 'value="alipay"' not in guest.get(f"{order}pay/").content.decode()
