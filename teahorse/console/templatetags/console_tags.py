"""What the workbench's templates need beyond the design system."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django import template

from teahorse.carriers.models import Consignment
from teahorse.carriers.words import refusal_of
from teahorse.common import ids
from teahorse.console import ended_words
from teahorse.console.words import said
from teahorse.logistics import carriers
from teahorse.orders.models import OrderLine, SellerOrder
from teahorse.payments.words import problem_in_words
from teahorse.people import rules
from teahorse.trace import balance_words
from teahorse.trace import words as words_of_trace
from teahorse.trace.queries.making import Making

register = template.Library()


@register.filter
def words(texts: Mapping[str, str] | None) -> str:
    """``{{ content.title|words }}``: a text by language in the reader's, else in Chinese."""
    return said(texts or {})


@register.filter
def line_title(line: OrderLine) -> str:
    """``{{ line|line_title }}``: what was ordered, under the name of that day."""
    return said(line.titles.get("title") or {})


@register.filter
def line_form(line: OrderLine) -> str:
    """``{{ line|line_form }}``: the form in which it was ordered."""
    return said(line.titles.get("variant") or {})


@register.filter
def kg(grams: int | None) -> str:
    """``{{ grams|kg }}``: ``2.34`` kilograms, without the unit."""
    return "" if grams is None else f"{grams / 1000:.2f}"


@register.filter
def litres(cm3: int | None) -> str:
    """``{{ cm3|litres }}``: whole litres, without the unit."""
    return "" if cm3 is None else str(cm3 // 1000)


@register.filter
def carrier_name(code: str | None) -> str:
    """``{{ parcel.carrier|carrier_name }}``: who takes it on."""
    return carriers.name_of(code or "")


@register.filter
def carrier_refusal(consignment: Consignment) -> str:
    """``{{ handed|carrier_refusal }}``: why a carrier does not take a parcel on."""
    return refusal_of(consignment)


@register.filter
def ended_title(order: SellerOrder) -> str:
    """``{{ order|ended_title }}``: how a cancelled order ended, and what it asks of its seller."""
    return ended_words.ended_title(order)


@register.filter
def masked_name(name: str | None) -> str:
    """``{{ name|masked_name }}``: as on a waybill."""
    return rules.masked_name(name or "")


@register.filter
def masked_phone(phone: str | None) -> str:
    """``{{ phone|masked_phone }}``: as on a waybill."""
    return rules.masked_phone(phone or "")


@register.filter
def masked_line(line: str | None) -> str:
    """``{{ line|masked_line }}``: an address without its door numbers."""
    return rules.masked_line(line or "")


@register.filter
def problem_words(problem: str | None) -> str:
    """``{{ row.problem|problem_words }}``: why a provider's money fits nothing."""
    return problem_in_words(problem or "")


@register.filter
def spaced(number: str | None) -> str:
    """``{{ number|spaced }}``: a long number in groups of four, to be read aloud."""
    text = number or ""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


@register.filter
def get(mapping: Mapping[Any, Any] | None, key: Any) -> Any:
    """``{{ faults|get:path }}``: what a mapping holds under a key, or nothing."""
    return (mapping or {}).get(key, "")


@register.filter
def short(key: UUID) -> str:
    """``{{ point.pk|short }}``: a key as addresses write it."""
    return ids.short(key)


@register.filter
def unit_name(code: str) -> str:
    """``{{ part.unit|unit_name }}``: what people call a unit."""
    return words_of_trace.unit_name(code)


@register.filter
def amount(quantity: Decimal | str, unit: str) -> str:
    """``{{ left|amount:lot.item.unit }}``: an amount with its unit, without digits that say nothing."""
    try:
        number = Decimal(quantity)
    except InvalidOperation:
        return ""
    return words_of_trace.amount_words(number, unit)


@register.filter
def making_words(making: Making) -> str:
    """``{{ balance.making|making_words }}``: what went in and came out, what was lost, and how much may be."""
    return " ".join(balance_words.making_words(making))


@register.filter
def taken_since(at: datetime, since: datetime) -> str:
    """``{{ recall.found_at|taken_since:recall.asked_at }}``: how long that took, to the second."""
    return words_of_trace.time_taken((at - since).total_seconds())
