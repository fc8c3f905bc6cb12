"""
The port to whoever issues invoices for sellers at the tax office.

A provider speaks to the outside and writes nothing: an action asks it outside any transaction and writes down what came
back. Every call may be repeated: an invoice goes by ``our_number``, and there is one for each number.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Refusal
from teahorse.invoices.models import InvoiceRequest, RedInvoice


class ProviderUnavailable(Refusal):
    """The provider does not answer, or not in a way that can be believed; the same call may be tried again."""

    code = "invoice_provider_unavailable"
    status = 503
    sentence = _("The invoice service cannot be reached just now. It is tried again by itself.")


class ProviderRefuses(Refusal):
    """The provider understood and said no; ``reason`` is its sentence, which the buyer and the seller read."""

    code = "invoice_provider_refuses"
    sentence = _("The invoice service refuses: %(reason)s")

    def __init__(self, *, reason: str) -> None:
        super().__init__(reason=reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a provider says of an invoice or a red letter; while it is ``pending`` it is asked again."""

    state: Literal["pending", "issued", "refused"] = "pending"
    number: str = ""
    issued_at: datetime | None = None
    document: bytes = b""
    trouble: str = ""
    is_unknown: bool = False
    """The provider has never heard of this number: it has to be sent again."""


class InvoiceProvider(Protocol):
    """Whoever issues invoices. Calls raise :class:`ProviderUnavailable` or :class:`ProviderRefuses`."""

    code: str

    def issue(self, invoice: InvoiceRequest) -> Answer:
        """Have an invoice made under its number; twice makes one."""

    def query(self, invoice: InvoiceRequest) -> Answer:
        """Return what became of an invoice, with its document once it is issued."""

    def red_issue(self, red: RedInvoice, *, invoice: InvoiceRequest) -> Answer:
        """Have part or all of an issued invoice taken back by a red letter under its own number; twice makes one."""

    def query_red(self, red: RedInvoice, *, invoice: InvoiceRequest) -> Answer:
        """Return what became of a red letter."""


def provider() -> InvoiceProvider:
    """
    Return the provider that is set up here.

    :raises ProviderUnavailable: if none is.
    """
    from teahorse.invoices.providers import nuonuo  # noqa: PLC0415 - it is built on this port

    return nuonuo.provider()
