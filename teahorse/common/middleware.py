"""What is decided for every request: the language, whether a change comes from our own pages, and what a page may load."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from csp.constants import HEADER
from csp.middleware import CheckableLazyObject, CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import translation

Answer = Callable[[HttpRequest], HttpResponse]
KNOWN = dict(settings.LANGUAGES)


def language_of(request: HttpRequest) -> str:
    """Return the language of the cookie, else of the browser, else Chinese."""
    language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return language if language in KNOWN else translation.get_language_from_request(request)


class LanguageChoice:
    """
    Speak the language of the cookie, else of the browser, else Chinese.

    ``?lang=bo`` on any address keeps the choice in the cookie and comes back to the address without it; beside a
    ``linkType`` it is a wish to the resolver of labels, which a program that keeps no cookies has answered at once.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        wish = request.GET.get("lang")
        if wish in KNOWN and request.method == "GET" and "linkType" not in request.GET:
            return self._remember(request, wish)
        language = language_of(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.answer(request)
        response.headers.setdefault("Content-Language", language)
        return response

    @staticmethod
    def _remember(request: HttpRequest, language: str) -> HttpResponse:
        rest = [(key, value) for key, values in request.GET.lists() if key != "lang" for value in values]
        response = HttpResponseRedirect(request.path + (f"?{urlencode(rest)}" if rest else ""))
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, max_age=settings.LANGUAGE_COOKIE_AGE, samesite="Lax", secure=settings.SECURE
        )
        return response


class SameOrigin(CsrfViewMiddleware):
    """
    Refuse a change that another site's page sends.

    A browser says where a request comes from (``Sec-Fetch-Site``, Fetch Metadata; ``Origin``, RFC 6454).
    Where it says "from this very site" no token is asked for, so pages can be kept for all guests and an old
    page in a second tab still works; where it says another site the request is refused; where it says
    nothing (an old web view) Django's token is asked for.
    """

    def process_view(  # type: ignore[override]  # the stubs are narrower than Django
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if request.method in {"GET", "HEAD", "OPTIONS", "TRACE"} or getattr(view, "csrf_exempt", False):
            return super().process_view(request, view, args, kwargs)
        site = request.headers.get("Sec-Fetch-Site", "")
        origin = request.headers.get("Origin", "")
        if site == "same-origin" or (not site and origin and self._is_ours(request)):
            request.csrf_processing_done = True  # type: ignore[attr-defined]  # Django's own mark
            return None
        if site in {"cross-site", "same-site"} or origin:
            return self._refuse(request, f"sent by another site ({site or origin})")
        return super().process_view(request, view, args, kwargs)

    def _is_ours(self, request: HttpRequest) -> bool:
        return bool(self._origin_verified(request))  # type: ignore[attr-defined]  # Django's, missing in the stubs

    def _refuse(self, request: HttpRequest, reason: str) -> HttpResponse:
        refused: HttpResponse = self._reject(request, reason)  # type: ignore[attr-defined]  # Django's, missing in the stubs
        return refused


class LoadsOwnOnly(CSPMiddleware):
    """
    Say what a page may load (``Content-Security-Policy``), as django-csp does.

    The sentence is the same for every page that asks for nothing of its own, so it is built once; building it took a
    fifth of a short answer. A page with a nonce or a policy of its own, and settings that tell pages apart, are left to django-csp.
    """

    def __init__(self, get_response: Answer) -> None:
        super().__init__(get_response)
        policy = settings.CONTENT_SECURITY_POLICY
        tells_apart = settings.DEBUG or "EXCLUDE_URL_PREFIXES" in policy or hasattr(settings, "CONTENT_SECURITY_POLICY_REPORT_ONLY")
        self.sentence = "" if tells_apart else build_policy()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        has_own = hasattr(request, "_csp_nonce") or any(name.startswith("_csp_") for name in vars(response))
        if not self.sentence or has_own:
            answer: HttpResponseBase = super().process_response(request, response)
            return answer
        response.headers.setdefault(HEADER, self.sentence)
        request.csp_nonce = CheckableLazyObject(self._csp_nonce_post_response)  # type: ignore[attr-defined]  # too late for one
        return response
