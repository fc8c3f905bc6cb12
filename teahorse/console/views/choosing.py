"""For whom shall I work? The organisations that a person acts for, with what waits in each."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from teahorse.console.access import Acting, places_of
from teahorse.console.nav import nav_of
from teahorse.console.words import named
from teahorse.people.models import Organisation, Person


@require_safe
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    """Show the organisations to act for; ``?organisation=key`` goes to one of them, and so does a person who has only one."""
    assert isinstance(request.user, Person)  # noqa: S101 - login_required
    now = timezone.localtime()
    places = places_of(request.user, now)
    desks = [_desk(Acting(person=request.user, organisation=organisation, now=now, places=places)) for organisation in places]
    wish = request.GET.get("organisation", "")
    for desk in desks:
        if desk.href and (desk.organisation.key == wish or (len(desks) == 1 and "all" not in request.GET)):
            return redirect(desk.href)
    organisations = [{"id": organisation.key, "name": named(organisation), "is_chosen": False} for organisation in places]
    return render(request, "console/choose.html", {"desks": desks, "organisations": organisations if len(desks) > 1 else []})


@dataclass(frozen=True)
class Desk:
    """An organisation to act for, with its menu."""

    organisation: Organisation
    entries: list[dict[str, Any]]

    @property
    def href(self) -> str:
        """Where its work begins; nowhere, if she has no right there."""
        return str(self.entries[0]["href"]) if self.entries else ""


def _desk(acting: Acting) -> Desk:
    return Desk(acting.organisation, nav_of(acting))
