"""What the tokens in events stand for, told to those whom it concerns alone."""

from collections.abc import Iterable

from teahorse.people.models import Organisation
from teahorse.trace.models import PersonalDetail


def revealed(tokens: Iterable[str], *, for_organisation: Organisation) -> dict[str, str]:
    """Return what tokens stand for that the organisation concealed itself; what was erased, and others', is not among them."""
    found = PersonalDetail.objects.filter(owner=for_organisation, token__in=list(tokens), erased_at=None)
    return dict(found.values_list("token", "value"))
