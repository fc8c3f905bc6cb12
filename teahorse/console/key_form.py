"""A form for the keys that a partner gives its customer: whose they are, and its fields. What is secret is never shown again."""

from collections.abc import Mapping, Sequence

from django.http import HttpRequest
from django.utils.translation import gettext as _

from teahorse.common.refusals import Malformed, Refusal
from teahorse.console.access import Acting, Context
from teahorse.payments.providers.keys import KeyField
from teahorse.people import queries as people
from teahorse.people.models import Organisation, Right


def seller_typed(request: HttpRequest, acting: Acting) -> Organisation | None:
    """Return the seller whose short name was typed; None where it was left empty: the house. :raises Malformed: if there is none."""
    key = request.POST.get("organisation", "").strip()
    if not key:
        return None
    hers = people.organisations_where(person=acting.person, right=Right.SETTLE, now=acting.now)
    found = hers.filter(key=key, kind__in=Organisation.SELLERS).first()
    if found is None:
        raise Malformed(field="organisation", reason=_("No seller of the region has this short name."))
    return found


def values_typed(request: HttpRequest, fields: Sequence[KeyField]) -> dict[str, str]:
    """Return what was typed into the fields."""
    return {one.name: request.POST.get(one.name, "") for one in fields}


def key_rows(fields: Sequence[KeyField], typed: Mapping[str, str], refusal: Refusal | None = None) -> Context:
    """Return fields to be shown; of what was typed only what is no secret stands in them again. ``faults`` are those of other fields."""
    rows = [
        {
            "name": one.name,
            "label": one.label,
            "is_long": one.is_long,
            "is_secret": one.is_secret,
            "is_optional": one.is_optional,
            "value": "" if one.is_secret else typed.get(one.name, ""),
            "fault": str(refusal) if refusal and refusal.field == one.name else "",
        }
        for one in fields
    ]
    names = {one["name"] for one in rows}
    return {
        "fields": rows,
        "refusal": refusal,
        "faults": {refusal.field: str(refusal)} if refusal and refusal.field not in names else {},
    }
