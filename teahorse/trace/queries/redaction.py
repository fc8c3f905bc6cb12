"""What the tokens in events stand for, told to those whom it concerns alone."""

from collections.abc import Iterable

from django.db.models import QuerySet

from teahorse.people.models import Organisation
from teahorse.trace.models import PersonalDetail


def revealed(tokens: Iterable[str], *, for_organisation: Organisation) -> dict[str, str]:
    """Return what tokens stand for that the organisation concealed itself; what was erased, and others', is not among them."""
    asked = list(tokens)
    found = PersonalDetail.objects.filter(owner=for_organisation, token__in=asked, erased_at=None)
    before = {name: name for name in asked if not name.startswith(PersonalDetail.NAMED)}  # names stood for themselves once
    return before | dict(found.values_list("token", "value"))


def named_by(owner: Organisation, *, words: str = "") -> QuerySet[PersonalDetail]:
    """Return the names that an organisation's events speak of by tokens and that were not erased, the newest first."""
    found = PersonalDetail.objects.filter(owner=owner, erased_at=None)
    return (found.filter(value__icontains=words) if words else found).order_by("-added_at", "-pk")
