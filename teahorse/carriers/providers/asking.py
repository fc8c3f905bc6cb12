"""Forms posted to a partner: tried three times, with time limits; what cannot be read as its JSON is no answer."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

import httpx
import msgspec

from teahorse.carriers.providers import CarrierUnavailable
from teahorse.common.gate import pages

TIMEOUT = httpx.Timeout(10, connect=3)
PAUSES = (0.2, 0.8)
T = TypeVar("T")
log = logging.getLogger(__name__)


def posted(url: str, form: Callable[[], Mapping[str, str]], *, read_as: type[T]) -> T:
    """
    Post a form, made (and signed) anew for each try, and return its JSON answer.

    :raises CarrierUnavailable: when the tries are used up.
    """
    trouble = ""
    for pause in (0.0, *PAUSES):
        with pages.stepped_aside():
            time.sleep(pause)
            try:
                answer = httpx.post(url, data=dict(form()), timeout=TIMEOUT, trust_env=False)
                if answer.status_code == httpx.codes.OK:
                    return msgspec.json.decode(answer.content, type=read_as)
                trouble = f"{answer.status_code}"
            except (httpx.HTTPError, msgspec.MsgspecError) as error:
                trouble = f"{type(error).__name__}: {error}"[:200]
    log.warning("a carrier does not answer: %s", trouble)
    raise CarrierUnavailable(trouble=trouble)
