"""How allauth knows our persons: by their phone. Its flows authenticate, count tries and open sessions; the pages are ours."""

import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from teahorse.common.visitors import client_address
from teahorse.people import sms
from teahorse.people.models import Person


class PhoneAdapter(DefaultAccountAdapter):
    """Keep a person's phone in her own row, and send codes as short messages through the worker; allauth's users are all persons."""

    def get_phone(self, user: Any) -> tuple[str, bool] | None:
        return (user.phone, user.is_phone_verified) if user.phone else None

    def set_phone(self, user: Any, phone: str, verified: bool) -> None:  # noqa: FBT001 - allauth's signature
        user.phone = phone
        user.is_phone_verified = verified
        user.save(update_fields=["phone", "is_phone_verified"])

    def set_phone_verified(self, user: Any, phone: str) -> None:
        self.set_phone(user, phone, verified=True)

    def get_user_by_phone(self, phone: str) -> Person | None:
        return Person.objects.filter(phone=phone).first()

    def generate_login_code(self) -> str:
        """Return six digits, which a phone offers to type in by itself."""
        return f"{secrets.randbelow(10**6):06}"

    def send_verification_code_sms(self, user: Any, phone: str, code: str, **_: Any) -> None:  # noqa: ARG002 - allauth's signature
        """Send a code, for allauth's own flows."""
        self.send_code(phone=phone, code=code)

    def send_code(self, *, phone: str, code: str) -> None:
        """
        Leave a code to the worker to send, in the language of the page that asked for it.

        :raises NoMessageService: if no message could be sent from here.
        """
        locale = get_language() or settings.LANGUAGE_CODE
        sms.leave_code(phone=phone, code=code, locale=locale, seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT)

    def get_login_stages(self) -> list[str]:
        """Between proof and session stands only a second factor; the phone was proven by the code, and nobody has an e-mail."""
        return [stage for stage in super().get_login_stages() if ".mfa." in stage]

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:  # noqa: ARG002 - allauth's signature
        """Count failed tries by phone; allauth's own key knows names and e-mails only and would count all of us as one."""
        return str(credentials.get("phone", ""))

    def get_client_ip(self, request: HttpRequest) -> str:
        """Count wishes for codes by the visitor's address; allauth's own reading fails for a request that went around a proxy."""
        return client_address(request)

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:  # noqa: ARG002 - allauth's signature
        messages.error(request, _("This log-in is closed. Ask your county centre."))
        return HttpResponseRedirect(reverse("people:log_in"))

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: the pages say it themselves, in their own words."""
