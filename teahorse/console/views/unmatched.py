"""Money that a provider speaks of and that fits nothing: found, looked into, resolved with a reason."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.common.refusals import Malformed, Refusal
from teahorse.console.access import Acting, acts, number_of
from teahorse.console.nav import page
from teahorse.console.waiting import sellers_of_centre, unmatched_of
from teahorse.payments import actions
from teahorse.payments.models import UnmatchedMoney
from teahorse.payments.words import provider_names
from teahorse.people.models import Organisation, Person, Right

A_PAGE = 50
State = UnmatchedMoney.State


@acts(Right.SETTLE, kinds=Organisation.CENTRES)
def unmatched(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List what waits, the most urgent first; with a word or on wish, what was resolved too."""
    text, shown = request.GET.get("q", "").strip()[:64], request.GET.get("show", "open")
    found = _searched(unmatched_of(acting), text)
    if shown != "all" and not text:
        found = found.filter(state=State.OPEN)
    pages = Paginator(found.select_related("owner", "payment").order_by("resolved_at", "due_at", "pk"), A_PAGE)
    context = {
        "q": text,
        "show": shown,
        "page_of": pages.get_page(number_of(request.GET.get("page"), default=1)),
        "names": provider_names(),
        "now": acting.now,
    }
    return page(request, acting, "unmatched.html", context)


@acts(Right.SETTLE, "GET", "POST", kinds=Organisation.CENTRES)
def one(request: HttpRequest, acting: Acting, unmatched_id: UUID) -> HttpResponse:
    """Show one sum with all that happened to it; write down what is known of it."""
    row = unmatched_of(acting).filter(pk=unmatched_id).select_related("owner", "payment", "assigned_to").first()
    if row is None:
        raise Http404
    act, typed, refusal = request.POST.get("act", ""), {}, None
    if request.method == "POST":
        typed = {name: request.POST.get(name, "").strip() for name in ("reason", "our_number")}
        try:
            _decide(acting, row, act, typed)
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, _("Written down."))
            return redirect("console:unmatched_one", org=acting.organisation.key, unmatched_id=row.pk)
    steps = list(row.steps.order_by("-at", "-pk"))
    who = Person.objects.in_bulk({step.by_id for step in steps if step.by_id})
    context = {
        "row": row,
        "steps": [{"step": step, "who": who.get(step.by_id) if step.by_id else None} for step in steps],
        "act": act or "note",
        "typed": typed,
        "refusal": refusal,
        "names": provider_names(),
        "now": acting.now,
    }
    return page(request, acting, "unmatched_one.html", context, status=refusal.status if refusal else 200)


def _decide(acting: Acting, row: UnmatchedMoney, act: str, typed: dict[str, str]) -> None:
    if act == "note":
        actions.note_on_unmatched(unmatched_id=row.pk, note=typed["reason"], by_id=acting.person.pk, now=acting.now)
    elif act == "explain":
        actions.explain_unmatched(unmatched_id=row.pk, reason=typed["reason"], by_id=acting.person.pk, now=acting.now)
    elif act == "refunded":
        actions.say_unmatched_was_refunded(unmatched_id=row.pk, reason=typed["reason"], by_id=acting.person.pk, now=acting.now)
    elif act == "assign":
        is_region = acting.organisation.kind == Organisation.Kind.REGION_CENTRE
        actions.assign_unmatched(
            unmatched_id=row.pk,
            our_number=typed["our_number"],
            reason=typed["reason"],
            by_id=acting.person.pk,
            now=acting.now,
            among=None if is_region else sellers_of_centre(acting, Right.SETTLE),
        )
    else:
        raise Malformed(field="act", reason=_("Choose one of the list."))


def _searched(found: QuerySet[UnmatchedMoney], text: str) -> QuerySet[UnmatchedMoney]:
    if not text:
        return found
    numbers = Q(our_number__icontains=text) | Q(provider_number__icontains=text) | Q(refund_number__icontains=text)
    return found.filter(numbers)
