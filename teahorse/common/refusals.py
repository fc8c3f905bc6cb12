"""What the house refuses, in one form that pages and interfaces translate alike."""

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """
    The house refuses; nothing was changed.

    A subclass stands beside the action that raises it and names what happened. ``code`` is for machines,
    ``sentence`` for people (a ``%``-format over ``numbers``), ``field`` names the input to mend, ``status``
    is the answer over HTTP: 409 when the house refuses, 422 when the request is malformed, 404 when it is
    not there (for you).
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    sentence: ClassVar[str | Promise] = _("That is not possible.")

    def __init__(self, *, field: str = "", **numbers: Any) -> None:
        super().__init__(self.code, field, numbers)
        self.field = field
        self.numbers = numbers

    def __str__(self) -> str:
        return str(self.sentence) % self.numbers if self.numbers else str(self.sentence)


class Malformed(Refusal):
    """The request cannot be read; ``field`` names the input and ``reason`` says what to do."""

    code = "malformed"
    status = 422
    sentence = _("%(reason)s")

    def __init__(self, *, field: str, reason: str | Promise) -> None:
        super().__init__(field=field, reason=reason)


class NotThere(Refusal):
    """It does not exist, or not for this person."""

    code = "not_there"
    status = 404
    sentence = _("This is not here, or not for you to see.")
