"""Messages posted to a partner: tried three times, with time limits; what cannot be read as its JSON is no answer. Its labels, fetched."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from teahorse.carriers.providers import CarrierUnavailable
from teahorse.common.gate import pages

TIMEOUT = httpx.Timeout(10, connect=3)
PAUSES = (0.2, 0.8)
LARGEST_LABEL = 5 * 1024 * 1024
T = TypeVar("T")
log = logging.getLogger(__name__)


def posted(url: str, form: Callable[[], Mapping[str, str]], *, read_as: type[T]) -> T:
    """
    Post a form, made (and signed) anew for each try, and return its JSON answer.

    :raises CarrierUnavailable: when the tries are used up.
    """
    return _tried(lambda: httpx.post(url, data=dict(form()), timeout=TIMEOUT, trust_env=False), read_as=read_as)


def posted_json(url: str, query: Callable[[], Mapping[str, str]], body: bytes, *, headers: Mapping[str, str], read_as: type[T]) -> T:
    """
    Post JSON with an address's parameters, made (and signed) anew for each try, and return its JSON answer.

    :raises CarrierUnavailable: when the tries are used up.
    """
    told = {"Content-Type": "application/json;charset=utf-8", **headers}
    return _tried(
        lambda: httpx.post(url, params=dict(query()), content=body, headers=told, timeout=TIMEOUT, trust_env=False), read_as=read_as
    )


def got(url: str, query: Callable[[], Mapping[str, str]], *, headers: Mapping[str, str], read_as: type[T]) -> T:
    """
    Ask an address with parameters, made (and signed) anew for each try, and return its JSON answer.

    :raises CarrierUnavailable: when the tries are used up.
    """
    return _tried(lambda: httpx.get(url, params=dict(query()), headers=dict(headers), timeout=TIMEOUT, trust_env=False), read_as=read_as)


def label_fetched(url: str, *, gateway: str, hosts: tuple[str, ...], headers: Mapping[str, str] | None = None) -> bytes:
    """
    Return a label, a PDF, from where the partner says that it lies.

    :param hosts: the partner's own domains; nowhere else, but for the gateway itself, is it fetched from.
    :raises CarrierUnavailable: if it is no PDF, too large, or somewhere else.
    """
    parts, own = urlsplit(url), urlsplit(gateway)
    is_own = parts.netloc == own.netloc or any((parts.hostname or "").endswith(f".{host}") for host in hosts)
    if not is_own or parts.scheme != own.scheme:
        raise CarrierUnavailable(trouble=f"its label is somewhere else: {parts.netloc[:80]}")
    label = b""
    try:
        with (
            pages.stepped_aside(),
            httpx.stream("GET", url, headers=dict(headers or {}), timeout=TIMEOUT, trust_env=False) as answer,
        ):
            answer.raise_for_status()
            for part in answer.iter_bytes():
                label += part
                if len(label) > LARGEST_LABEL:
                    raise CarrierUnavailable(trouble="its label is too large")
    except httpx.HTTPError as error:
        raise CarrierUnavailable(trouble=f"its label does not come: {type(error).__name__}") from error
    return checked_label(label)


def checked_label(label: bytes) -> bytes:
    """Return what a partner gave as a label. :raises CarrierUnavailable: if it is no PDF."""
    if not label.startswith(b"%PDF-"):
        raise CarrierUnavailable(trouble="its label is no PDF")
    return label


def _tried(call: Callable[[], httpx.Response], *, read_as: type[T]) -> T:
    trouble = ""
    for pause in (0.0, *PAUSES):
        with pages.stepped_aside():
            time.sleep(pause)
            try:
                answer = call()
                if answer.status_code == httpx.codes.OK:
                    return msgspec.json.decode(answer.content, type=read_as)
                trouble = f"{answer.status_code}"
            except (httpx.HTTPError, msgspec.MsgspecError) as error:
                trouble = f"{type(error).__name__}: {error}"[:200]
    log.warning("a carrier does not answer: %s", trouble)
    raise CarrierUnavailable(trouble=trouble)
