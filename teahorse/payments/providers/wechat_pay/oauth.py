"""
Who pays inside WeChat: the official account's web authorisation, scope ``snsapi_base``, which tells an openid and no more.

The visitor is sent to :func:`authorize_address`; WeChat sends her back with a code; :func:`openid_for` exchanges it.
WeChat wants the account's secret in the query of that call, so neither the address nor an error that holds it is logged.
"""

import logging
import re
from urllib.parse import urlencode

import httpx
import msgspec
from django.utils.translation import gettext_lazy as _

from teahorse.common.gate import pages
from teahorse.common.refusals import Refusal
from teahorse.payments.providers import ProviderUnavailable
from teahorse.payments.providers.wechat_pay.credentials import Credentials, NoCredentials, credentials

TIMEOUT = httpx.Timeout(10, connect=3)
OPENID = re.compile(r"[-_0-9A-Za-z]{1,128}")
BUSY = -1

log = logging.getLogger(__name__)


class PayerNotTold(Refusal):
    """WeChat does not say who pays: the code is none, too old or used, or the account is set up wrongly (see the log)."""

    code = "payer_not_told"
    sentence = _("WeChat did not tell us who pays. Nothing was charged. Try again, or pay by a code.")


class _Told(msgspec.Struct, frozen=True):
    openid: str = ""
    errcode: int = 0
    errmsg: str = ""


def is_set_up() -> bool:
    """Return whether WeChat can be asked at all: an account with its secret."""
    try:
        return bool(credentials().app_secret)
    except NoCredentials:
        return False


def authorize_address(*, state: str, back_url: str) -> str:
    """
    Return the page of WeChat that sends its visitor on to ``back_url`` with a code and this state (letters and digits).

    :raises ProviderUnavailable: if no account is set up here.
    """
    keys = _account()
    query = {"appid": keys.appid, "redirect_uri": back_url, "response_type": "code", "scope": "snsapi_base", "state": state}
    return f"{keys.authorize}?{urlencode(query)}#wechat_redirect"  # WeChat wants them in this order


def openid_for(*, code: str) -> str:
    """
    Return the openid of the visitor who came back with a code; a code is good for one call.

    :raises ProviderUnavailable: if WeChat does not answer, or not now.
    :raises PayerNotTold: if it says no.
    """
    keys = _account()
    query = {"appid": keys.appid, "secret": keys.app_secret, "code": code, "grant_type": "authorization_code"}
    try:
        with pages.stepped_aside():
            answer = httpx.get(f"{keys.open_api}/sns/oauth2/access_token", params=query, timeout=TIMEOUT, trust_env=keys.is_real)
        told = msgspec.json.decode(answer.content, type=_Told)
    except (httpx.HTTPError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        trouble = type(error).__name__  # the error's own words may hold the address
        log.warning("WeChat does not tell who pays: %s", trouble)
        raise ProviderUnavailable(provider="wechat_pay", trouble=trouble) from None
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR or told.errcode == BUSY:
        log.warning("WeChat does not tell who pays: %s %s", answer.status_code, told.errcode)
        raise ProviderUnavailable(provider="wechat_pay", trouble=f"{answer.status_code} {told.errcode}")
    if told.errcode or not OPENID.fullmatch(told.openid):
        log.warning("WeChat refuses to tell who pays: %s %s", told.errcode, told.errmsg.replace(keys.app_secret, "…")[:200])
        raise PayerNotTold
    return told.openid


def _account() -> Credentials:
    try:
        keys = credentials()
    except NoCredentials as missing:
        raise ProviderUnavailable(provider="wechat_pay", trouble=f"not set up: {missing}") from missing
    if not keys.app_secret:
        raise ProviderUnavailable(provider="wechat_pay", trouble="app_secret is not set")
    return keys
