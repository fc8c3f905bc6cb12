"""
Pages: how many a page has, and the token by which the next one is asked for.

A token is signed and holds all that is to be known of the page before: nothing is kept for it, so there is nothing to release.
It belongs to one organisation and one question, and ends after an hour.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from teahorse.api.tracing.doors import asker, nothing
from teahorse.common.refusals import NotThere
from teahorse.trace.epcis.asked import Asked, Wrong
from teahorse.trace.epcis.asking import NotAQuestion
from teahorse.trace.epcis.problems import Problem, Reason

PER_PAGE: Final = 30
MOST_PER_PAGE: Final = 1_000
GOOD_FOR: Final = timedelta(hours=1)
SALT = "teahorse.api.next_page"
SIZE, TOKEN = "perPage", "nextPageToken"


class Paging:
    """Which page of an answer is asked for; ``bound_to`` is what the answer depends on."""

    def __init__(self, request: HttpRequest, *bound_to: object) -> None:
        self.request = request
        self.size = _size(request)
        self._bound = sha256(msgspec.json.encode([request.path, *bound_to], enc_hook=str)).hexdigest()[:32]

    def after(self) -> Any:
        """
        Return what stood in the token; None for the first page.

        :raises NotAQuestion: if the token is not one of ours, is of another question, or has ended.
        """
        token = self.request.GET.get(TOKEN)
        if token is None:
            return None
        try:
            bound, after = signing.loads(token, salt=SALT, max_age=GOOD_FOR)
        except signing.SignatureExpired:
            raise NotAQuestion([Problem(f"/{TOKEN}", Reason.BAD_TIME, "the token has ended; begin with the first page again")]) from None
        except (signing.BadSignature, ValueError):
            bound = after = None
        if bound != self._bound:
            raise NotAQuestion([Problem(f"/{TOKEN}", Reason.NOT_A_TEXT, "it is no token that was given for this question")])
        return after

    def headers(self, following: object) -> dict[str, str]:
        """Return what says where the next page is; nothing on the last one."""
        if following is None:
            return {}
        token = signing.dumps([self._bound, following], salt=SALT, compress=True)
        said = [(name, value) for name, values in self.request.GET.lists() for value in values if name not in {SIZE, TOKEN}]
        query = urlencode([*said, (SIZE, self.size), (TOKEN, token)])
        ends = timezone.now() + GOOD_FOR
        return {
            "Link": f'<{self.request.build_absolute_uri(self.request.path)}?{query}>; rel="next"',
            "GS1-Next-Page-Token-Expires": ends.isoformat(timespec="seconds").replace("+00:00", "Z"),
        }


def _size(request: HttpRequest) -> int:
    said = request.GET.get(SIZE)
    try:
        return PER_PAGE if said is None else min(Asked(said, {}).count(), MOST_PER_PAGE)
    except Wrong as wrong:
        raise NotAQuestion([Problem(f"/{SIZE}", wrong.reason, wrong.told)]) from None


def time_of(text: str) -> datetime:
    """Return a time out of a token."""
    return datetime.fromisoformat(text)


def release(request: HttpRequest, token: str) -> HttpResponse:
    """Let go of what is kept for a token: it is nothing, so a token that is ours is answered with success."""
    asker(request)
    try:
        signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError):
        raise NotThere from None
    return nothing(status=HTTPStatus.NO_CONTENT)
