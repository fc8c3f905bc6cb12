"""
Telling open pages that something changed.

``tell`` sends a topic's name over PostgreSQL's NOTIFY when the transaction commits; the process ``push``
(:mod:`teahorse.push`) passes it on to the pages that listen. A page never takes state from a message: it
fetches what it shows again, so a lost message costs nothing but time.
"""

from collections.abc import Iterable

from django.conf import settings
from django.core import signing
from django.db import connection

CHANNEL = "teahorse_push"
SALT = "teahorse.push"


def tell(topics: Iterable[str]) -> None:
    """Tell the listeners of each topic, once this transaction is committed."""
    names = sorted(set(topics))
    if names:
        with connection.cursor() as cursor:
            cursor.execute("select pg_notify(%s, topic) from unnest(%s::text[]) as topic", [CHANNEL, names])


def address(topic: str) -> str:
    """Return the address at which a page that may see ``topic`` listens to it."""
    return f"{settings.PUSH_URL}/{signing.dumps(topic, salt=SALT)}"


def topic_of(token: str) -> str:
    """
    Return the topic that an address was made for.

    :raises django.core.signing.BadSignature: if it was not made here.
    """
    topic: str = signing.loads(token, salt=SALT, max_age=7 * 24 * 3600)
    return topic
