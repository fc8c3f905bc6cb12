"""
Logging in by a code: one step for the user, whether she is new or not.

allauth's own flow knows log-in and sign-up as two things and makes no code for an unknown phone. Here every
phone gets a code, which also means that nobody learns who is known; tries, times, limits and the session
itself are allauth's.
"""

from datetime import datetime
from typing import Any

from allauth.account.app_settings import EmailVerificationMethod
from allauth.account.internal.flows.code_verification import AbstractCodeVerificationProcess
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core.internal import ratelimit
from allauth.core.internal.cryptokit import compare_user_code
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Refusal
from teahorse.people import actions
from teahorse.people.adapter import PhoneAdapter
from teahorse.people.models import Person

ARRIVED = "/me/arrived/"
"""The page of the app above that takes a guest's cart along; it goes on to ``next``."""

SESSION_KEY = "people_code"
TRIES = 5


class TooManyTries(Refusal):
    """Too many codes or passwords were asked for or tried."""

    code = "too_many_tries"
    status = 429
    sentence = _("Too many tries. Wait some minutes, then try again.")


class WrongCode(Refusal):
    """The code is not the one that was sent; ``left`` says how many tries are left."""

    code = "wrong_code"
    status = 422
    sentence = _("This is not the code we sent. Tries left: %(left)s.")


class WrongPassword(Refusal):
    """Nobody has this phone and this password; which of the two is wrong is not told."""

    code = "wrong_password"
    status = 422
    sentence = _("The number or the password is wrong.")


class CodeIsDead(Refusal):
    """The code was tried too often or is too old; another one has to be asked for."""

    code = "code_is_dead"
    sentence = _("This code does not hold any more. Ask for a new one.")


def safe_next(request: HttpRequest) -> str:
    """Return where to go on after logging in, when it is a page of this very house; else nothing."""
    wish = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(wish, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return wish if is_ours else ""


def arrived(next_url: str) -> str:
    """Return the address at which a person arrives after logging in."""
    return f"{ARRIVED}?{urlencode({'next': next_url or settings.LOGIN_REDIRECT_URL})}"


def open_session(request: HttpRequest, *, person: Person, method: str, next_url: str) -> HttpResponse:
    """Log a proven person in, through whatever second step allauth asks of her, and send her on."""
    record_authentication(request, person, method=method, phone=person.phone)
    login = Login(user=person, email_verification=EmailVerificationMethod.NONE, redirect_url=arrived(next_url))
    return perform_login(request, login)


def count(request: HttpRequest, *, action: str, key: str) -> ratelimit.RateLimitUsage:
    """
    Count one use of a limit of ``ACCOUNT_RATE_LIMITS``; the answer can be rolled back.

    :raises TooManyTries: if the limit is reached.
    """
    usage = ratelimit.consume(request, app="allauth.account", action=action, key=key)
    if usage is None:
        raise TooManyTries
    return usage


def person_by_password(request: HttpRequest, *, phone: str, password: str) -> Person:
    """
    Return the person of a phone and a password, which may be one whose log-in is closed.

    :raises WrongPassword: if there is none.
    :raises TooManyTries: if too many were tried, from here or for this phone.
    """
    count(request, action="login", key=phone)
    try:
        person = PhoneAdapter(request).authenticate(request, phone=phone, password=password)
    except ValidationError as error:
        raise TooManyTries from error
    if not isinstance(person, Person):
        raise WrongPassword(field="password")
    return person


class PhoneCode(AbstractCodeVerificationProcess):
    """A code on its way to a phone; the session keeps it until it is typed, wrong too often, or too old."""

    def __init__(self, request: HttpRequest, state: dict[str, Any]) -> None:
        super().__init__(max_attempts=TRIES, timeout=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT, state=state)
        self.request = request

    @classmethod
    def start(cls, request: HttpRequest, *, phone: str, next_url: str) -> "PhoneCode":
        """
        Send a first code.

        :raises TooManyTries: if too many were asked for, from here or for this phone.
        :raises NoMessageService: if none can be sent.
        """
        process = cls(request, {**cls.initial_state(user=None, phone=phone), "next": next_url})
        process.send()
        return process

    @classmethod
    def resume(cls, request: HttpRequest) -> "PhoneCode":
        """
        Return the code that this session waits for.

        :raises CodeIsDead: if there is none, or it is too old.
        """
        state = request.session.get(SESSION_KEY)
        if not isinstance(state, dict):
            raise CodeIsDead
        process = cls(request, state)
        if not process.is_valid():
            process.abort()
            raise CodeIsDead
        return process

    @property
    def phone(self) -> str:
        return str(self.state["phone"])

    @property
    def next_url(self) -> str:
        return str(self.state["next"])

    def send(self) -> None:
        """Send a new code, with tries of its own; the one before does not hold any more."""
        count(self.request, action="request_login_code", key=self.phone)
        adapter = PhoneAdapter(self.request)
        code = adapter.generate_login_code()
        adapter.send_code(phone=self.phone, code=code)
        self.state.update(self.initial_state(user=None, phone=self.phone), code=code)
        self.persist()

    def check(self, typed: str) -> None:
        """
        Go on only if the code is right.

        :raises WrongCode: if it is not, and there are tries left.
        :raises CodeIsDead: if it was the last try.
        :raises TooManyTries: if this phone's codes were tried too often, from wherever.
        """
        usage = count(self.request, action="login_failed", key=f"code {self.phone}")
        if compare_user_code(actual=typed, expected=self.code):
            usage.rollback()
            return
        if not self.record_invalid_attempt():
            raise CodeIsDead
        raise WrongCode(field="code", left=TRIES - self.state["failed_attempts"])

    def finish(self, *, now: datetime) -> HttpResponse:
        """Log in the person of the phone, who is made when she is new."""
        self.abort()
        person, _is_new = actions.receive_person(phone=self.phone, locale=get_language() or settings.LANGUAGE_CODE, now=now)
        return open_session(self.request, person=person, method="code", next_url=self.next_url)

    def persist(self) -> None:
        self.request.session[SESSION_KEY] = self.state

    def abort(self) -> None:
        self.request.session.pop(SESSION_KEY, None)
