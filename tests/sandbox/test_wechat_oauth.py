"""Who the visitor inside WeChat is: the authorize page and the exchange of its code, as WeChat words them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sandbox import keys as key_store

from .conftest import Sandbox

WECHAT = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) Mobile MicroMessenger/8.0.50"}
BACK = "http://127.0.0.1:9/orders/1/pay/wechat/?a=b"


def authorize(sandbox: Sandbox, *, headers: dict[str, str] = WECHAT, **changes: str) -> httpx.Response:
    """Open the authorize page, with changes."""
    query = {"appid": sandbox.keys["appid"], "redirect_uri": BACK, "response_type": "code", "scope": "snsapi_base", "state": "s1"}
    return sandbox.http.get("/wechat/connect/oauth2/authorize", params={**query, **changes}, headers=headers)


def code_of(sandbox: Sandbox) -> str:
    """A fresh code."""
    return parse_qs(urlsplit(authorize(sandbox).headers["Location"]).query)["code"][0]


def exchange(sandbox: Sandbox, given: str, /, **changes: str) -> dict[str, Any]:
    """Exchange a code, with changes; an empty value is left out."""
    query = {"appid": sandbox.keys["appid"], "secret": sandbox.keys["app_secret"], "code": given, "grant_type": "authorization_code"}
    sent = {name: value for name, value in {**query, **changes}.items() if value}
    answer = sandbox.http.get("/wechat/sns/oauth2/access_token", params=sent)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    return dict(answer.json())


def test_the_authorize_page_goes_back_with_a_code_and_the_state(sandbox: Sandbox) -> None:
    answer = authorize(sandbox)

    assert answer.status_code == 302
    address, _, query = answer.headers["Location"].partition("?")
    assert address == "http://127.0.0.1:9/orders/1/pay/wechat/"
    assert query.startswith("a=b&code=0")
    assert parse_qs(query)["state"] == ["s1"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"appid": "wx0"}, "AppID"),
        ({"redirect_uri": "https://evil.example/"}, "10003"),
        ({"response_type": "token"}, "response_type"),
        ({"scope": "snsapi_userinfo"}, "10005"),
        ({"state": "a-b"}, "state"),
    ],
)
def test_a_wrong_address_is_told_on_the_page(sandbox: Sandbox, changes: dict[str, str], words: str) -> None:
    answer = authorize(sandbox, **changes)

    assert answer.status_code == 400
    assert words in answer.text


def test_another_browser_is_told_to_open_it_in_wechat(sandbox: Sandbox) -> None:
    assert "微信客户端" in authorize(sandbox, headers={"User-Agent": "Mozilla/5.0"}).text


def test_a_code_tells_the_openid_once(sandbox: Sandbox) -> None:
    code = code_of(sandbox)

    told, again = exchange(sandbox, code), exchange(sandbox, code)

    assert (told["scope"], told["expires_in"], len(told["openid"])) == ("snsapi_base", 7200, 28)
    assert (again["errcode"], again["errmsg"].split(",")[0]) == (40163, "code been used")


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"appid": "wx0"}, 40013),
        ({"secret": "guessed"}, 40125),
        ({"grant_type": "client_credential"}, 40002),
        ({"code": "0never1"}, 40029),
        ({"appid": ""}, 41002),
        ({"secret": ""}, 41004),
        ({"code": ""}, 41008),
    ],
)
def test_what_is_wrong_has_wechats_number_and_does_not_use_the_code_up(sandbox: Sandbox, changes: dict[str, str], errcode: int) -> None:
    code = code_of(sandbox)

    refused = exchange(sandbox, code, **changes)

    assert refused["errcode"] == errcode
    assert "openid" not in refused
    assert "openid" in exchange(sandbox, code)


def test_a_code_is_too_old_after_five_minutes(sandbox: Sandbox) -> None:
    code = code_of(sandbox)

    sandbox.control(advance_seconds=301)

    assert exchange(sandbox, code)["errcode"] == 42003


def test_trouble_is_the_systems_and_a_lost_answer_has_used_the_code_up(sandbox: Sandbox) -> None:
    code = code_of(sandbox)
    sandbox.control(api=[{"answer": "SYSTEM_ERROR", "path": "/sns/"}, {"answer": "lost", "path": "/sns/"}])

    assert [exchange(sandbox, code)["errcode"] for _ in range(3)] == [-1, -1, 40163]


def test_the_log_shows_neither_secret_nor_token(sandbox: Sandbox) -> None:
    told = exchange(sandbox, code_of(sandbox))

    log = sandbox.http.get("/wechatpay/_log", headers={"Accept": "application/json"}).text

    assert told["openid"] in log
    assert sandbox.keys["app_secret"] not in log
    assert told["access_token"] not in log


def test_a_folder_of_keys_from_before_gets_the_secret(tmp_path: Any) -> None:
    key_store.ensure(tmp_path)
    file = tmp_path / "merchant.json"
    old = {name: value for name, value in json.loads(file.read_text()).items() if name != "app_secret"}
    file.write_text(json.dumps(old))

    keys = key_store.ensure(tmp_path)

    assert json.loads(file.read_text()) == {**old, "app_secret": keys.app_secret}
    assert key_store.ensure(tmp_path).app_secret == keys.app_secret
