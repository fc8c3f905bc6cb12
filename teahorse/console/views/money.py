"""A seller's money, and everything that happened to one order's."""

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from teahorse.common.money import yuan
from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.console.waiting import payers_of_centre, sellers_of_centre
from teahorse.payments.providers import MOST_SHARED_BP
from teahorse.payments.words import provider_name
from teahorse.people.models import Organisation, Right
from teahorse.settlement import accounts, queries
from teahorse.settlement.models import Earning, FeeRule, Maturity, SubsidyLine
from teahorse.settlement.paper import statement_pdf, statement_xlsx
from teahorse.settlement.papers import XLSX
from teahorse.settlement.queries import MoneyOfOrder
from teahorse.settlement.rules import Month, months_until
from teahorse.settlement.statement import StatementOfSeller, statement_of

ON_A_PAGE = 50


@acts(Right.SEE_MONEY, kinds=Organisation.SELLERS)
def money(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show what was sold in a month, returned, taken as fees, paid, and what is still to come."""
    months = months_until(acting.now)
    chosen, starts_at, ends_at = month_wanted(request, months) or months[0]
    seller_id = acting.organisation.pk
    month = queries.month_of_seller(seller_id=seller_id, starts_at=starts_at, ends_at=ends_at)
    sales = queries.sales_of_seller(seller_id=seller_id, starts_at=starts_at, ends_at=ends_at)
    context = {
        "months": [(name, name) for name, *_ in months],
        "chosen": chosen,
        "month": month,
        "fees": [(fee_name(kind), fen) for kind, fen in month.fees],
        "gets_fees": queries.fee_postings_of(seller_id).exists(),
        "may_tell_account": Right.MANAGE_MEMBERS in acting.rights,
        "standing": queries.standing_of_seller(seller_id),
        "collected": [(provider_name(code), fen) for code, fen in queries.collected_by_seller(seller_id)],
        "payouts": list(queries.payouts_of([seller_id])[:12]),
        "sales": Paginator(sales, ON_A_PAGE).get_page(request.GET.get("page")),
    }
    return page(request, acting, "money.html", context)


@acts(Right.SEE_MONEY, kinds=Organisation.SELLERS)
def statement(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Answer a month's statement as a PDF."""
    month = month_asked(request, acting)
    return as_file(statement_pdf(_told(acting, month), made_at=acting.now), "application/pdf", f"{acting.organisation.key}-{month[0]}.pdf")


@acts(Right.SEE_MONEY, kinds=Organisation.SELLERS)
def statement_table(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Answer a month's statement as a workbook."""
    month = month_asked(request, acting)
    return as_file(statement_xlsx(_told(acting, month)), XLSX, f"{acting.organisation.key}-{month[0]}.xlsx")


def _told(acting: Acting, month: Month) -> StatementOfSeller:
    _, starts_at, ends_at = month
    return statement_of(seller=acting.organisation, starts_at=starts_at, ends_at=ends_at)


def month_asked(request: HttpRequest, acting: Acting) -> Month:
    """Return the month that is asked for, this month where none is; 404 for what is none of the last ones."""
    months = months_until(acting.now)
    month = month_wanted(request, months) if request.GET.get("month") else months[0]
    if month is None:
        raise Http404
    return month


def month_wanted(request: HttpRequest, months: list[Month]) -> Month | None:
    """Return the month that is asked for, if it is one of them."""
    return next((month for month in months if month[0] == request.GET.get("month")), None)


def as_file(content: bytes, content_type: str, name: str) -> HttpResponse:
    """Answer something to be kept, that is for this person alone."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=content_type, headers=headers)


@acts(Right.SEE_MONEY, kinds=Organisation.SELLERS)
def own_order(request: HttpRequest, acting: Acting, order_id: UUID) -> HttpResponse:
    """Follow the money of one of her orders."""
    if queries.sale_of_seller(seller_id=acting.organisation.pk, order_id=order_id) is None:
        raise Http404
    return _followed(request, acting, order_id, back="console:money")


@acts(Right.SETTLE, kinds=Organisation.CENTRES)
def any_order(request: HttpRequest, acting: Acting, order_id: UUID) -> HttpResponse:
    """Follow the money of an order of a seller in the centre's area."""
    found = queries.money_of_order(order_id)
    if found is None or not sellers_of_centre(acting, Right.SETTLE).filter(pk=found.sale.seller_id).exists():
        raise Http404
    return _followed(request, acting, order_id, back="console:settle")


def _followed(request: HttpRequest, acting: Acting, order_id: UUID, *, back: str) -> HttpResponse:
    found = queries.money_of_order(order_id)
    if found is None:
        raise Http404
    context = {
        "back": back,
        "money": found,
        "sale": found.sale,
        "ledger": _ledger(found),
        "sending": _sending(found),
        "fees": [(fee_name(fee.kind), fee, why(fee.reason)) for fee in found.fees],
        "steps": [
            {
                "step": step,
                "what": fact_name(step.kind),
                "changes": [(account_name(one.purpose, one.owner), one.amount_fen) for one in step.changes],
            }
            for step in found.steps
        ],
        "claims": _claims(found, _claims_to_open(acting)),
        "owed_of_fees": owed_of_fees(found.earnings),
        "is_maturing": [one for one in found.earnings if one.maturity.state == Maturity.State.MATURING],
    }
    return page(request, acting, "money_order.html", context)


def _ledger(found: MoneyOfOrder) -> list[dict[str, Any]]:
    sale = found.sale
    lines: list[Context] = [{"label": _("Paid by the buyer"), "fen": sale.paid_fen}]
    granted = {kind: sum(one.amount_fen for one in found.subsidies if one.kind == kind) for kind in SubsidyLine.Kind}
    if granted[SubsidyLine.Kind.DISCOUNT]:
        lines.append({"label": _("Paid by others of the price"), "fen": granted[SubsidyLine.Kind.DISCOUNT]})
    if granted[SubsidyLine.Kind.FREIGHT]:
        note = found.freight_payer
        lines.append({"label": _("Paid by others for sending"), "fen": granted[SubsidyLine.Kind.FREIGHT], "note": note})
    back = sale.refunded_fen + sale.subsidy_back_fen
    if back:
        lines.append({"label": _("Given back"), "fen": -back, "is_less": True})
    lines += [{"label": fee_name(fee.kind), "fen": -fee.left_fen, "is_less": True} for fee in found.fees]
    return [*lines, {"label": _("Left for the seller"), "fen": sale.net_fen, "is_sum": True}]


def _claims_to_open(acting: Acting) -> QuerySet[Organisation]:
    """Return of whom claims may be opened from here: nobody's at a seller's."""
    return payers_of_centre(acting) if acting.organisation.kind in Organisation.CENTRES else Organisation.objects.none()


def _claims(found: MoneyOfOrder, payers: QuerySet[Organisation]) -> list[Context]:
    """Return what was claimed of the order's subsidies, by which claim, and whether that may be opened."""
    hers = set(payers.filter(pk__in={line.claim.payer_id for line in found.claims}).values_list("pk", flat=True))
    return [
        {"line": line, "claim": line.claim, "what": subsidy_name(line.subsidy.kind), "may_open": line.claim.payer_id in hers}
        for line in found.claims
    ]


def owed_of_fees(earnings: list[Earning]) -> int:
    """Return what of an order's fees its seller owes to the house, because her payment service lets less be taken out of the payment."""
    is_shared_out = any(one.provider in MOST_SHARED_BP for one in earnings)
    return max(0, -sum(one.amount_fen for one in earnings if not one.provider)) if is_shared_out else 0


def _sending(found: MoneyOfOrder) -> list[str]:
    """Return who bears what of sending, and who gets it, in sentences."""
    order = found.order
    if not order.freight_cost_fen:
        return []
    borne = (
        (_("the buyer"), order.freight_fen),
        (found.freight_payer, order.freight_subsidy_fen),
        (_("the seller"), order.freight_seller_fen),
    )
    who = " · ".join(f"{name} ¥{yuan(fen)}" for name, fen in borne if fen)
    is_carried = any(fee.kind == FeeRule.Kind.FREIGHT for fee in found.fees)
    carried = (
        _("The network carries it and gets the freight's fee.") if is_carried else _("The seller sends it and keeps what is paid for it.")
    )
    return [_("Sending costs ¥%(cost)s: %(who)s.") % {"cost": yuan(order.freight_cost_fen), "who": who}, carried]


# --- Words


def fee_name(kind: str) -> str:
    """Return what a fee is called."""
    return {
        FeeRule.Kind.COMMISSION: _("Commission"),
        FeeRule.Kind.STATION: _("Station's fee"),
        FeeRule.Kind.HOST: _("Host's fee"),
        FeeRule.Kind.PACKING: _("Packing"),
        FeeRule.Kind.PAYMENT: _("Payment fee"),
        FeeRule.Kind.FREIGHT: _("Freight's fee"),
    }.get(FeeRule.Kind(kind), kind)


def why(reason: str) -> str:
    """Return why a fee's rule held: by what it asks for."""
    words = {
        "everyone": _("for everyone"),
        "seller": _("agreed with this seller"),
        "county": _("of this county"),
        "seller_kind": _("for sellers of this kind"),
        "provider": _("for this way of paying"),
        "pickup_level": _("for this kind of pickup point"),
    }
    return " · ".join(words.get(part, part) for part in reason.split())


def fact_name(kind: str) -> str:
    """Return what an entry says in words."""
    names = {
        accounts.PAYMENT_TAKEN: _("The buyer paid"),
        accounts.DISCOUNTS_GRANTED: _("Others bear a part of the price"),
        accounts.ORDER_CLOSED: _("The buyer has the goods"),
        accounts.BALANCE_EARNED: _("Paid after the buyer had the goods"),
        accounts.REFUND_DECIDED: _("A refund was decided"),
        accounts.REFUND_ARRIVED: _("The refund reached the buyer"),
        accounts.EARNING_MATURED: _("The return window is over"),
        accounts.SHARED_OUT: _("The payment service shared the fees out"),
        accounts.SHARE_CAME_BACK: _("A fee came back for a refund"),
        accounts.FEES_COLLECTED: _("Collected, to be paid out"),
        accounts.SUBSIDIES_CLAIMED: _("Claimed of who bears it"),
        accounts.TRANSFERRED: _("Moved to the bank"),
        accounts.PAYOUT_APPROVED: _("A payout was approved"),
        accounts.PAYOUT_PAID: _("The payout was paid"),
        accounts.PAYOUT_RETURNED: _("The payout came back"),
    }
    base = kind.removesuffix(" reversed")
    return names.get(base, base) if base == kind else _("Taken back: %(what)s") % {"what": names.get(base, base)}


def subsidy_name(kind: str) -> str:
    """Return what a budget bears a part of."""
    return {SubsidyLine.Kind.DISCOUNT: _("Price reduction"), SubsidyLine.Kind.FREIGHT: _("Freight")}[SubsidyLine.Kind(kind)]


def account_name(purpose: str, owner: str) -> str:
    """Return what an account is called, with whose it is; nobody's is the house's."""
    base, _colon, kind = purpose.partition(":")
    names = {
        "at_provider": _("Held by %(provider)s") % {"provider": provider_name(kind)},
        "held": _("Kept until the goods are received"),
        "earned": _("Earned, return window open"),
        "payable": _("To be paid out"),
        "in_payout": _("On its way to the seller"),
        "subsidy": _("Borne by others"),
        "claimed": _("Claimed, not here yet"),
        "going_back": _("Going back to the buyer"),
        "unexplained": _("Money that belongs to no order"),
        "bank": _("The house's bank account"),
    }
    name = fee_name(kind) if base == "fees" else names.get(base, purpose)
    return f"{name} · {owner}" if owner else name
