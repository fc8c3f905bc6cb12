"""Reading keys that a page sends back."""

from collections.abc import Iterable
from uuid import UUID

from django.http import Http404


def keys_of(texts: Iterable[str]) -> list[UUID]:
    """
    Return the keys that some texts are.

    :raises Http404: if one is no key: our pages do not send such.
    """
    try:
        return list(dict.fromkeys(UUID(text) for text in texts))
    except ValueError as error:
        raise Http404 from error
