"""Every change of titles, issuers and invoices, by topic."""

from teahorse.invoices.actions.adding import TitleWanted, add_forgotten, add_what_was_paid
from teahorse.invoices.actions.asking import (
    BookFull,
    InvoiceAsked,
    NotAnIssuer,
    NothingPaid,
    keep_title,
    request_invoice,
    take_out_title,
    title_typed,
)
from teahorse.invoices.actions.issuing import NotWaiting, issue_invoice, refuse_invoice, register_issuer
from teahorse.invoices.actions.sending import retry_red, send_papers
from teahorse.invoices.actions.taking_back import take_back, take_back_forgotten

__all__ = [
    "BookFull",
    "InvoiceAsked",
    "NotAnIssuer",
    "NotWaiting",
    "NothingPaid",
    "TitleWanted",
    "add_forgotten",
    "add_what_was_paid",
    "issue_invoice",
    "keep_title",
    "refuse_invoice",
    "register_issuer",
    "request_invoice",
    "retry_red",
    "send_papers",
    "take_back",
    "take_back_forgotten",
    "take_out_title",
    "title_typed",
]
