"""Asking WeChat's account who pays: addresses, answers, trouble, and a secret that nobody reads."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from teahorse.payments.providers import ProviderUnavailable
from teahorse.payments.providers.wechat_pay import oauth

pytestmark = pytest.mark.django_db  # the house's account may stand in the table

BACK = "http://127.0.0.1:9/orders/1/pay/wechat/"


def code_of(sandbox):
    """The code with which WeChat sends a visitor back."""
    address = oauth.authorize_address(state="abc123", back_url=BACK)
    answer = sandbox.http.get(address, headers={"User-Agent": "Mobile MicroMessenger/8.0"})
    assert answer.headers["Location"].startswith(f"{BACK}?")
    return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


def test_the_real_address_stands_in_the_order_that_wechat_wants(settings, tmp_path, monkeypatch):
    settings.SANDBOX_URL = ""
    file = tmp_path / "merchant.json"
    names = ("mchid", "merchant_serial", "merchant_private_key", "api_v3_key", "platform_key_id", "platform_public_key")
    file.write_text(json.dumps({**dict.fromkeys(names, "x"), "appid": "wx1", "app_secret": "hush"}))
    monkeypatch.setenv("TEAHORSE_WECHAT_PAY", str(file))

    address = oauth.authorize_address(state="abc123", back_url="https://mall.example/pay/?a=b")

    assert oauth.is_set_up()
    assert address == (
        "https://open.weixin.qq.com/connect/oauth2/authorize?appid=wx1&redirect_uri=https%3A%2F%2Fmall.example%2Fpay%2F%3Fa%3Db"
        "&response_type=code&scope=snsapi_base&state=abc123#wechat_redirect"
    )
    assert "hush" not in address


def test_a_code_tells_who_pays_once(sandbox):
    code = code_of(sandbox)

    assert len(oauth.openid_for(code=code)) == 28
    with pytest.raises(oauth.PayerNotTold):
        oauth.openid_for(code=code)


def test_trouble_at_wechat_is_trouble_and_not_a_refusal(sandbox):
    sandbox.control(api=[{"answer": "SYSTEM_ERROR", "path": "/sns/"}])

    with pytest.raises(ProviderUnavailable):
        oauth.openid_for(code=code_of(sandbox))


def test_nobody_there_is_trouble_and_the_secret_is_in_no_log(sandbox, settings, caplog):
    caplog.set_level(0)
    secret = sandbox.merchant["app_secret"]
    oauth.openid_for(code=code_of(sandbox))
    with pytest.raises(oauth.PayerNotTold):
        oauth.openid_for(code="0never1")
    settings.SANDBOX_URL = "http://127.0.0.1:9"

    with pytest.raises(ProviderUnavailable) as raised:
        oauth.openid_for(code="0never1")

    assert raised.value.__cause__ is None
    assert secret not in str(raised.value) + repr(raised.value.numbers)
    assert "40029" in caplog.text
    assert secret not in "".join(record.getMessage() for record in caplog.records if record.name != "httpx")


def test_without_the_accounts_secret_nobody_is_asked(sandbox, settings, tmp_path):
    (tmp_path / "merchant.json").write_text(json.dumps({**sandbox.merchant, "app_secret": ""}))
    settings.SANDBOX_KEYS = tmp_path

    assert not oauth.is_set_up()
    with pytest.raises(ProviderUnavailable):
        oauth.authorize_address(state="abc123", back_url=BACK)
    settings.SANDBOX_URL = ""
    assert not oauth.is_set_up()
