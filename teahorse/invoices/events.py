"""What happened to invoices."""

from dataclasses import dataclass
from uuid import UUID

from teahorse.common.events import Event


@dataclass(frozen=True, kw_only=True)
class InvoicesIssued(Event):
    """These invoices, blue or red, were issued; the keys are those of ``InvoiceRequest`` and ``RedInvoice``."""

    request_ids: tuple[UUID, ...] = ()
    red_ids: tuple[UUID, ...] = ()
