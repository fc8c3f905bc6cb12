"""The centre's payouts: prepared by one, approved by another, sent, paid or returned; and what differs in the books."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from teahorse.common.refusals import NotThere, Refusal
from teahorse.common.translated import translated
from teahorse.console.access import Acting, Context, acts
from teahorse.console.actions import give_payout
from teahorse.console.nav import page
from teahorse.console.views.money import account_name
from teahorse.console.waiting import payees_of_centre, sellers_of_centre
from teahorse.payments.words import provider_name
from teahorse.people import queries as people
from teahorse.people.models import Organisation, Right
from teahorse.settlement import actions, queries
from teahorse.settlement.models import BankFile, Difference, Payout

PER_PAGE = 30
LARGEST_ANSWER = 2_000_000
NEW_ACCOUNT = timedelta(days=7)
"""An account that was told so lately is asked about before money goes there: a stolen phone tells accounts too."""


@acts(Right.SETTLE, kinds=Organisation.CENTRES)
def settle(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show what is to be paid out, what is under way, and what differs."""
    return _shown(request, acting)


def _shown(request: HttpRequest, acting: Acting, more: Context | None = None, *, status: int = 200) -> HttpResponse:
    payees = list(_payee_ids(acting))
    payouts = queries.payouts_of(payees)
    lists: dict[str, QuerySet[Any] | list[Any]] = {
        "fees_got": queries.who_gets_fees(payees),
        "to_pay": queries.sellers_to_pay(payees),
        **{state: payouts.filter(state=state) for state in ("draft", "approved", "sent")},
        "refused": queries.failed_sharings(payees),
        "ended": payouts.exclude(state__in=(Payout.State.DRAFT, *Payout.ON_ITS_WAY)).order_by("-ended_at", "-pk"),
        "files": BankFile.objects.filter(payouts__seller__in=payees).distinct().order_by("-made_at", "-pk"),
        "differences": _differences(acting),
    }
    context: dict[str, Any] = {
        **{name: Paginator(rows, PER_PAGE).get_page(request.GET.get(name)) for name, rows in lists.items()},
        "comparison": queries.last_comparison(),
        "hers": people.belongs_to(person_id=acting.person.pk, organisation_ids=payees, since=acting.now),
        "may_compare": acting.organisation.kind == Organisation.Kind.REGION_CENTRE,
        "new_since": acting.now - NEW_ACCOUNT,
        "for_bank": payouts.filter(state=Payout.State.APPROVED, method=Payout.Method.BANK).count(),
        "list_url": reverse("console:settle", kwargs={"org": acting.organisation.key}),
        "pages": request.GET.urlencode(),  # a form that is refused comes back on the same pages of each list
        **(more or {}),
    }
    context["fees_got"].object_list = queries.fees_to_collect([one.pk for one in context["fees_got"]])
    context["refused"].object_list = [(why_refused(row.trouble), row) for row in context["refused"]]
    context["differences"].object_list = _explained(acting, list(context["differences"]))
    return page(request, acting, "settle.html", context, status=status)


def _payee_ids(acting: Acting) -> list[UUID]:
    return list(payees_of_centre(acting).order_by("pk").values_list("pk", flat=True))


def _differences(acting: Acting) -> QuerySet[Difference]:
    is_region = acting.organisation.kind == Organisation.Kind.REGION_CENTRE
    return queries.open_differences(owner_ids=[acting.organisation.pk], is_house=is_region)


def _explained(acting: Acting, rows: list[Difference]) -> list[Context]:
    """Return differences with what they are about in words, and where that is seen."""
    found = queries.subjects_of(rows)
    sales = {one.sale.seller_id for one in found.values() if one.sale}
    sellers = set(sellers_of_centre(acting, Right.SETTLE).filter(pk__in=sales).values_list("pk", flat=True))
    told = []
    for row in rows:
        subject, words, href = found[row.pk], row.subject, ""
        if subject.account is not None:
            words = account_name(subject.account.purpose, translated(subject.owner, "name") if subject.owner else "")
            href = _address(acting, "ledger_account", ledger_account_id=subject.account.pk)
        elif subject.claim is not None:
            href = _address(acting, "claim", claim_id=subject.claim.pk)
        elif subject.sale is not None:
            words = subject.sale.number
            href = _address(acting, "settle_order", order_id=subject.sale.pk) if subject.sale.seller_id in sellers else ""
        told.append({"row": row, "name": difference_name(row.kind), "words": words, "href": href})
    return told


def _address(acting: Acting, name: str, **more: UUID) -> str:
    return reverse(f"console:{name}", kwargs={"org": acting.organisation.key, **more})


@acts(Right.SETTLE, "POST", back="console:settle", kinds=Organisation.CENTRES)
def prepare(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Prepare payouts of all in the area who have something to get, or of those who were chosen."""
    wanted = set(request.POST.getlist("seller"))
    chosen = [key for key in _payee_ids(acting) if not wanted or str(key) in wanted]
    made = actions.prepare_payouts(seller_ids=chosen, by=acting.person, now=acting.now)
    if made:
        messages.success(request, _("Payouts prepared: %(count)s. Somebody else approves them.") % {"count": len(made)})
    else:
        messages.info(request, _("There is nothing to pay out now."))
    return redirect("console:settle", org=acting.organisation.key)


@acts(Right.SETTLE, "POST", back="console:settle", kinds=Organisation.CENTRES)
def collect(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Make payable what all in the area have got as fees, or those who were chosen."""
    wanted = set(request.POST.getlist("beneficiary"))
    chosen = [key for key in _payee_ids(acting) if not wanted or str(key) in wanted]
    collected = actions.collect_fees(beneficiary_ids=chosen, now=acting.now)
    if collected:
        messages.success(request, _("Fees of %(count)s are to be paid out now.") % {"count": len(collected)})
    else:
        messages.info(request, _("There are no fees to be paid out now."))
    return redirect("console:settle", org=acting.organisation.key)


@acts(Right.SETTLE, "POST", kinds=Organisation.CENTRES)
def move(request: HttpRequest, acting: Acting, payout_id: UUID) -> HttpResponse:
    """Approve, drop, pay in cash, confirm or return a payout; what was typed is kept where the house refuses."""
    payout = queries.payouts_of(_payee_ids(acting)).filter(pk=payout_id).first()
    if payout is None:
        raise Http404
    act, reference = request.POST.get("act", ""), request.POST.get("reference", "").strip()[:64]
    note = request.POST.get("note", "").strip()[:200]
    typed = {"payout_id": payout.pk, "act": act, "reference": reference, "note": note}
    if act in {"cash", "paid", "returned"} and not (reference or (act == "returned" and note)):
        fault = {"cash": _("Write down who received the money."), "paid": _("Write down the bank's number.")}
        return _shown(request, acting, {"typed": typed, "fault": fault.get(act, _("Say why it came back."))}, status=422)
    try:
        said = _moved(acting, payout, act, reference, note)
    except NotThere:
        raise
    except Refusal as refusal:
        return _shown(request, acting, {"typed": typed, "fault": str(refusal)}, status=refusal.status)
    messages.success(request, said)
    return redirect("console:settle", org=acting.organisation.key)


def _moved(acting: Acting, payout: Payout, act: str, reference: str, note: str) -> str:
    by, now = acting.person, acting.now
    match act:
        case "approve":
            actions.approve_payout(payout=payout, by=by, now=now)
            return _("Approved. It can be paid now.")
        case "drop":
            actions.drop_payout(payout=payout, by=by, note=note, now=now)
            return _("Dropped. The money waits for the next payout.")
        case "cash":
            give_payout(payout=payout, received_by=reference, organisation=acting.organisation, by=by, now=now)
            return _("Paid in cash. Let the receiver sign the receipt.")
        case "paid":
            actions.confirm_payout(payout=payout, reference=reference, at=now, by_id=by.pk, now=now)
            return _("Marked as paid.")
        case "returned":
            house = acting.organisation
            actions.return_payout(payout=payout, reference=reference, note=note, at=now, by_id=by.pk, house=house, now=now)
            return _("Marked as returned. The money is to be paid out again.")
    raise NotThere


@acts(Right.SETTLE, "POST", back="console:settle", kinds=Organisation.CENTRES)
def share_again(request: HttpRequest, acting: Acting, sharing_id: UUID) -> HttpResponse:
    """Ask a payment service once more to share out what it refused."""
    if sharing_id not in {one.sharing.pk for one in queries.failed_sharings(_payee_ids(acting))}:
        raise Http404
    actions.retry_share(sharing_id=sharing_id, now=acting.now)
    messages.success(request, _("Asked once more. What comes of it is seen here."))
    return redirect("console:settle", org=acting.organisation.key)


@acts(Right.SETTLE, "POST", back="console:settle", kinds=Organisation.CENTRES)
def make_file(request: HttpRequest, acting: Acting) -> HttpResponse:  # noqa: ARG001 - nothing is read from it
    """Put every approved payout that goes through the bank into one file."""
    waiting = queries.payouts_of(_payee_ids(acting)).filter(state=Payout.State.APPROVED, method=Payout.Method.BANK)
    made = actions.make_bank_file(payouts=list(waiting), by=acting.person, now=acting.now)
    return redirect("console:bank_file", org=acting.organisation.key, file_id=made.pk)


@acts(Right.SETTLE, kinds=Organisation.CENTRES)
def bank_file(request: HttpRequest, acting: Acting, file_id: UUID) -> HttpResponse:  # noqa: ARG001 - nothing is read from it
    """Give a bank file to a centre that pays all whom it is for."""
    file = BankFile.objects.filter(pk=file_id).first()
    payees = set(_payee_ids(acting))
    if file is None or not set(file.payouts.values_list("seller_id", flat=True)) <= payees:
        raise Http404
    answer = HttpResponse(file.content.encode(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{file.number}.csv"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@acts(Right.SETTLE, "POST", kinds=Organisation.CENTRES)
def bank_answer(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Take the bank's answer, all of it or nothing."""
    file = request.FILES.get("answer")
    if file is None or not file.size or file.size > LARGEST_ANSWER:
        return _shown(request, acting, {"answer_fault": _("Choose the bank's file, as CSV.")}, status=422)
    payees = set(_payee_ids(acting))
    try:
        content = file.read().decode("utf-8")
        taken = actions.import_bank_answer(content=content, house=acting.organisation, payee_ids=payees, by=acting.person, now=acting.now)
    except UnicodeDecodeError:
        return _shown(request, acting, {"answer_fault": _("Choose the bank's file, as CSV.")}, status=422)
    except Refusal as refusal:
        return _shown(request, acting, {"answer_fault": str(refusal)}, status=refusal.status)
    messages.success(request, _("Lines taken: %(count)s.") % {"count": len(taken)})
    return redirect("console:settle", org=acting.organisation.key)


@acts(Right.SETTLE, "POST", kinds=Organisation.CENTRES)
def explain(request: HttpRequest, acting: Acting, difference_id: UUID) -> HttpResponse:
    """Say how a difference came about."""
    row = _differences(acting).filter(pk=difference_id).first()
    if row is None:
        raise Http404
    try:
        actions.explain_difference(difference_id=row.pk, reason=request.POST.get("reason", ""), by=acting.person, now=acting.now)
    except Refusal as refusal:
        return _shown(request, acting, {"explained_id": row.pk, "explain_fault": str(refusal)}, status=refusal.status)
    messages.success(request, _("Kept with your name."))
    return redirect("console:settle", org=acting.organisation.key)


@acts(Right.SETTLE, "GET", "POST", kinds=(Organisation.Kind.REGION_CENTRE,))
def compare(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Have the books compared now; pressed twice it is one comparing. The page waits for its end and then goes back."""
    if request.method == "POST":
        actions.ask_to_compare(by=acting.person, now=acting.now)
        return redirect("console:compare", org=acting.organisation.key)
    last = queries.last_comparison()
    if last is not None and last.ended_at is None:
        return page(request, acting, "comparing.html", {"comparison": last})
    if last is not None and last.open_count is None:
        messages.error(request, _("The comparing ended without a result. Try again, or ask who looks after the machines."))
    elif last is not None:
        messages.success(request, _("Compared. What differs: %(count)s.") % {"count": last.open_count})
    return redirect("console:settle", org=acting.organisation.key)


def why_refused(trouble: str) -> str:
    """Return in words why a payment service shares nothing out, where it is known what helps; else what it said."""
    if trouble.startswith("RULE_LIMIT"):
        return _("Fewer fees may be taken out of this seller's payments. Ask the payment service for a higher limit, then ask once more.")
    return trouble


def difference_name(kind: str) -> str:
    """Return what differs in words."""
    names = {
        "payment not booked": _("A payment is not booked"),
        "booked without a payment": _("Money is booked that did not come"),
        "refund not booked": _("A decided refund is not booked"),
        "refund arrived, not booked": _("A refund that arrived is not booked"),
        "booked without a refund": _("A refund is booked that there is not"),
        "shared out, not booked": _("Fees that were shared out are not booked"),
        "share came back, not booked": _("A fee that came back for a refund is not booked"),
        "booked without a share": _("Fees are booked as shared out that were not"),
        "share and its fees": _("What a receiver gets is not what of the fees is hers"),
        "order paid, not frozen": _("An order is paid, its fees do not stand"),
        "order closed, not booked": _("An order is closed, nothing is handed out"),
        "money held, order not paid": _("Money came, but no order was paid by it"),
        "payment and its events": _("A payment is not what its provider told"),
        "event without a payment": _("A provider told of money that counts nowhere"),
        "refunds and their events": _("Refunds are not what their provider told"),
        "sale and its fees": _("An order's fees do not add up"),
        "sale and its subsidies": _("What others pay of an order does not add up"),
        "freight and its subsidy": _("A budget's part of the freight is not booked as it was agreed"),
        "fee and its reversals": _("A fee's reversals do not add up"),
        "sale and its payment": _("An order is booked with another sum than was paid"),
        "what matures and its earnings": _("What matures is not the sum of its earnings"),
        "fees collected, not booked": _("Collected fees are not booked"),
        "transfer not booked": _("What was moved to the bank is not booked as it was written down"),
        "claim not booked": _("A claim of subsidies is not booked as it was made"),
        "claim and what came of it": _("What came of a claim is not what was written down"),
        "subsidies owed": _("What a budget owes is not what it bears and was not claimed"),
        "cannot be booked": _("An order's money cannot be booked"),
        "bill is missing": _("A provider's bill has not come"),
        "the books do not balance": _("The books do not balance"),
        "balance and its postings": _("A balance is not the sum of its postings"),
        "account and what it stands for": _("A balance is not what it stands for"),
        "going back": _("What goes back is not the sum of the refunds"),
        "payout approved, not booked": _("An approved payout is not booked"),
        "payout paid, not booked": _("A paid payout is not booked"),
        "payout returned, not booked": _("A returned payout is not booked"),
    }
    bill, _space, provider = kind.partition("bill of ")
    if not bill and provider:
        return _("The bill of %(provider)s says another sum") % {"provider": provider_name(provider)}
    return names.get(kind, kind)
