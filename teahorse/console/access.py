"""For whom the person at the workbench acts, and what she sees of it: one decision for every page."""

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils import timezone

from teahorse.common.refusals import NotThere, Refusal
from teahorse.people import queries as people
from teahorse.people.models import Grant, Membership, Organisation, Person, Right
from teahorse.people.rules import MANAGE_MEMBERS, OWN_RIGHTS

P = ParamSpec("P")
AT_HOME = frozenset(
    {Right.APPROVE_LISTINGS, Right.DESK_ORDERS, Right.HANDLE_PARCELS, Right.TAKE_CASH, Right.MANAGE_MEMBERS, Right.PROMOTE, Right.SETTLE}
)
"""Rights that are used where one is a member; the others may be lent to somebody else."""


@dataclass(frozen=True, kw_only=True)
class Acting:
    """A person who acts for an organisation, now (in local time, so that ``today`` is the day of the place)."""

    person: Person
    organisation: Organisation
    now: datetime
    places: dict[Organisation, frozenset[str]] = field(default_factory=dict)
    """Every organisation that she may choose, with her rights there."""

    @property
    def rights(self) -> frozenset[str]:
        """What she may do here."""
        return self.places.get(self.organisation, frozenset())


def places_of(person: Person, now: datetime) -> dict[Organisation, frozenset[str]]:
    """
    Return the organisations that a person may choose to act for, her own first, with her rights there; two queries.

    It makes menus; whether she may do a thing is asked anew by each page.
    """
    rights: dict[Organisation, set[str]] = defaultdict(set)
    memberships = list(people.acting_for(person=person, now=now))
    for membership in memberships:
        own = rights[membership.organisation]
        own |= OWN_RIGHTS[membership.organisation.kind]
        if membership.role == Membership.Role.MANAGER:
            own.add(MANAGE_MEMBERS)
    grants = Grant.objects.filter(people.lives(now), grantee__in=[m.organisation_id for m in memberships]).select_related("grantor")
    for grant in grants.order_by("since_at", "pk"):
        if grant.right not in AT_HOME:
            rights[grant.grantor].add(grant.right)
    return {organisation: frozenset(held) for organisation, held in rights.items()}


def acts(
    right: str, *methods: str, back: str = "", kinds: Collection[str] = ()
) -> Callable[[Callable[Concatenate[HttpRequest, Acting, P], HttpResponse]], Callable[..., HttpResponse]]:
    """
    Let a view be reached by persons who have a right for the organisation in its address, others find nothing there.

    ``kinds`` says which kinds of organisation have such a page. What the house refuses and the view does not catch is
    said as a message on the page ``back``. What it asks for can be read of the page, as ``right`` and ``kinds``.
    """
    allowed = methods or ("GET",)

    def decorate(view: Callable[Concatenate[HttpRequest, Acting, P], HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def answer(request: HttpRequest, org: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not isinstance(request.user, Person):
                return redirect_to_login(request.get_full_path())
            acting = _acting(request.user, org, right, kinds)
            if request.method not in {*allowed, *(("HEAD",) if "GET" in allowed else ())}:
                return HttpResponseNotAllowed(allowed)
            try:
                return view(request, acting, *args, **kwargs)
            except NotThere as refusal:
                raise Http404(str(refusal)) from refusal
            except Refusal as refusal:
                if not back:
                    raise
                messages.error(request, str(refusal))
                return redirect(back, org=org)

        answer.__dict__ |= {"right": right, "kinds": frozenset(kinds)}
        return answer

    return decorate


def _acting(person: Person, org: str, right: str, kinds: Collection[str]) -> Acting:
    now = timezone.localtime()
    organisation = people.organisations_where(person=person, right=right, now=now).filter(key=org).select_related("area").first()
    if organisation is None or (kinds and organisation.kind not in kinds):
        raise Http404(org)
    return Acting(person=person, organisation=organisation, now=now, places=places_of(person, now))


def number_of(text: str | None, *, default: int = 0) -> int:
    """Return a whole number as a person typed it, or the default."""
    plain = (text or "").strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 10 else default


Context = dict[str, Any]
