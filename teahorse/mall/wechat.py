"""
Asking WeChat who pays, before a payment inside its browser.

What is sent along (``state``) is known to this session alone, belongs to one order and is good once, so nobody can
make another's browser pay with an account that is not hers.
"""

import secrets
import time
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from teahorse.common.ids import short
from teahorse.common.refusals import Refusal
from teahorse.orders.models import OrderGroup
from teahorse.payments.providers.wechat_pay import oauth

OPENID, STATE = "wechat_openid", "wechat_state"
STATE_SECONDS = 600
LONGEST_CODE = 512


class NotAskedFor(Refusal):
    """An answer of WeChat that this session did not ask for, or asked for too long ago, or has had already."""

    code = "not_asked_for"
    sentence = _("This answer of WeChat is not for this visit, or came too late. Nothing was charged. Please choose again how to pay.")


def is_here(request: HttpRequest) -> bool:
    """Return whether this is WeChat's own browser."""
    return "MicroMessenger" in request.headers.get("User-Agent", "")


def openid_of(request: HttpRequest) -> str:
    """Return the payer's WeChat account, where WeChat has told it to this session."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return ""
    return str(request.session.get(OPENID, ""))


def can_pay_here(request: HttpRequest) -> bool:
    """Return whether the payment can open over this page: inside WeChat, where the payer is known or can be asked for."""
    return is_here(request) and (bool(openid_of(request)) or oauth.is_set_up())


def ask_who_pays(request: HttpRequest, group: OrderGroup) -> str:
    """
    Return WeChat's page that tells who pays and comes back for this order; only the last one asked for counts.

    :raises ProviderUnavailable: if no official account is set up here.
    """
    state = secrets.token_hex(16)
    # WeChat goes to the account's own domain only, so the address is the house's, not what this request called it
    back_url = f"{settings.SITE_URL}{quote(reverse('mall:wechat', args=[group.pk]))}"
    address = oauth.authorize_address(state=state, back_url=back_url)
    request.session[STATE] = {"state": state, "order": short(group.pk), "until": int(time.time()) + STATE_SECONDS}
    return address


def take_answer(request: HttpRequest, group: OrderGroup) -> None:
    """
    Keep in the session who pays, from the answer that WeChat sent the browser back with.

    :raises NotAskedFor: if the state is not this session's for this order, or was used before; WeChat is not asked.
    :raises PayerNotTold: if WeChat does not say; also when the visitor said no.
    :raises ProviderUnavailable: if WeChat does not answer.
    """
    asked = request.session.pop(STATE, None) or {}
    state = request.GET.get("state", "")
    if not (
        asked
        and secrets.compare_digest(state.encode(), asked["state"].encode())
        and asked["order"] == short(group.pk)
        and time.time() < asked["until"]
    ):
        raise NotAskedFor
    code = request.GET.get("code", "")
    if not 0 < len(code) <= LONGEST_CODE:
        raise oauth.PayerNotTold
    request.session[OPENID] = oauth.openid_for(code=code)
