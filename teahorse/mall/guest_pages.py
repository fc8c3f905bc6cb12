"""
Keeping the pages that every guest sees alike, for ten seconds, in this process.

A page is kept by address, language and the area that the guest orders to. It is neither kept nor taken from here
when anything personal is involved: a session, a cart, a message, a cookie that the answer sets. What it says of stock
is at most ten seconds old, but for the case below; placing an order looks again.

A product's page that is asked for again is not drawn anew after ten seconds when a short question says that its rows
are as they were (``product_mark.sql``); what it says of others - the maker's other goods, freight - is at most two
minutes old.

A page that has become too old is made anew by one request, however many ask for it at that moment: the others are
given the old page while it is at most ten seconds over its time, or wait where there is none.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from teahorse.common import gate
from teahorse.common.statements import asked
from teahorse.mall import cookies

SECONDS = 10
LONGEST_SECONDS = 120
OVER_SECONDS = 10
PATIENCE_SECONDS = 5
MOST_PAGES = 2000
MOST_BYTES = 64 * 1024 * 1024
LONGEST_ADDRESS = 300
CACHE_CONTROL = "private, no-cache"
PERSONAL = (settings.SESSION_COOKIE_NAME, cookies.CART, "messages")

PRODUCT_MARK = (Path(__file__).parent / "product_mark.sql").read_text()

Key = tuple[str, str, str]
Mark = Callable[[], str]


@dataclass(frozen=True, slots=True)
class _Page:
    content: bytes
    headers: tuple[tuple[str, str], ...]
    until: float
    made_at: float
    mark: str | None


class GuestPages:
    """The pages of one process; the one that was asked for longest ago goes first."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pages: OrderedDict[Key, _Page] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._made: dict[Key, threading.Event] = {}

    def __len__(self) -> int:
        return len(self._pages)

    def find(self, key: Key, *, over: float = 0) -> HttpResponse | None:
        """Return a page that is not older than ten seconds, or by ``over`` seconds more."""
        with self._lock:
            page = self._pages.get(key)
            if page is None or page.until + over <= self._clock():
                return None
            self._pages.move_to_end(key)
        return HttpResponse(page.content, headers=dict(page.headers))

    def find_or_make(
        self, key: Key, make: Callable[[], HttpResponse], *, may_keep: Callable[[HttpResponse], bool], mark: Mark | None = None
    ) -> HttpResponse:
        """Return a kept page, or make it; of many who ask at the same moment one makes it."""
        if kept := self.find(key):
            return kept
        with self._lock:
            being_made = self._made.get(key)
            mine = self._made[key] = being_made or threading.Event()
        if being_made is not None:
            if kept := self.find(key, over=OVER_SECONDS):
                return kept
            with gate.pages.stepped_aside():
                being_made.wait(PATIENCE_SECONDS)
            return self.find(key) or make()
        try:
            return self._still_true_or_made(key, make, may_keep, mark)
        finally:
            with self._lock:
                del self._made[key]
            mine.set()

    def keep(self, key: Key, response: HttpResponse, *, mark: str | None = None) -> None:
        """Keep a page, and let go of others where there is no room; ``mark`` is how its rows were before it was made."""
        now = self._clock()
        page = _Page(response.content, tuple(response.headers.items()), now + SECONDS, now, mark)
        with self._lock:
            self._drop(key)
            self._pages[key] = page
            self._bytes += len(page.content)
            while len(self._pages) > MOST_PAGES or self._bytes > MOST_BYTES:
                self._drop(next(iter(self._pages)))

    def _still_true_or_made(
        self, key: Key, make: Callable[[], HttpResponse], may_keep: Callable[[HttpResponse], bool], mark: Mark | None
    ) -> HttpResponse:
        """Return the page that is too old when its rows are as they were, else a new one."""
        old, now = self._pages.get(key), self._clock()
        rows = mark() if mark else None
        if old is not None and rows is not None and rows == old.mark and now < old.made_at + LONGEST_SECONDS:
            with self._lock:
                if key in self._pages:
                    self._pages[key] = replace(old, until=now + SECONDS)
            return HttpResponse(old.content, headers=dict(old.headers))
        response = make()
        if may_keep(response):
            self.keep(key, response, mark=rows)
        return response

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._pages.clear()
            self._bytes = 0

    def _drop(self, key: Key) -> None:
        page = self._pages.pop(key, None)
        if page is not None:
            self._bytes -= len(page.content)


pages = GuestPages()


def kept_for_guests(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Keep what a browsing view answers to a guest who has neither session nor cart; everybody else is answered anew."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        def make() -> HttpResponse:
            response = view(request, *args, **kwargs)
            response.headers.setdefault("Cache-Control", CACHE_CONTROL)
            return response

        key = _key(request)
        if key is None:
            return make()
        return pages.find_or_make(key, make, may_keep=lambda response: _is_for_everybody(request, response), mark=_mark_of(request))

    return answer


def is_guest(request: HttpRequest) -> bool:
    """Return whether somebody has neither session nor cart nor message, so that a page says nothing to her alone."""
    return not any(name in request.COOKIES for name in PERSONAL)


def _mark_of(request: HttpRequest) -> Mark | None:
    """Return the question whether the rows of a page are as they were; only a product's page has one."""
    match = request.resolver_match
    if match is None or match.view_name != "mall:product" or "hall" in request.GET:
        return None

    def mark() -> str:
        rows = asked(PRODUCT_MARK, [match.kwargs["product_id"]])()
        return f"{timezone.localdate()} {rows[0][0] if rows else ''}"

    return mark


def _key(request: HttpRequest) -> Key | None:
    if request.method != "GET" or not is_guest(request):
        return None
    address = request.get_full_path()
    if len(address) > LONGEST_ADDRESS:
        return None
    return (address, translation.get_language() or "", cookies.area_code(request))


def _is_for_everybody(request: HttpRequest, response: HttpResponse) -> bool:
    session = request.session
    return response.status_code == 200 and not response.streaming and not response.cookies and session.is_empty() and not session.modified
