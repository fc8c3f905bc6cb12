"""A seller's money, and everything that happened to one order's."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.console.waiting import sellers_of_centre
from teahorse.people.models import Organisation, Right
from teahorse.settlement import accounts, queries
from teahorse.settlement.models import Earning, FeeRule
from teahorse.settlement.paper import statement_pdf, statement_xlsx
from teahorse.settlement.queries import Change, MoneyOfOrder
from teahorse.settlement.statement import StatementOfSeller, statement_of

ON_A_PAGE = 50
MONTHS = 13
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@acts(Right.SEE_MONEY, kinds=Organisation.SELLERS)
def money(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show what was sold in a month, returned, taken as fees, paid, and what is still to come."""
    months = _months(acting.now)
    chosen = request.GET.get("month", "")
    starts_at, ends_at = next(((start, end) for name, start, end in months if name == chosen), months[0][1:])
    seller_id = acting.organisation.pk
    month = queries.month_of_seller(seller_id=seller_id, starts_at=starts_at, ends_at=ends_at)
    sales = queries.sales_of_seller(seller_id=seller_id, starts_at=starts_at, ends_at=ends_at)
    context = {
        "months": [(name, name) for name, *_ in months],
        "chosen": f"{starts_at:%Y-%m}",
        "month": month,
        "fees": [(fee_name(kind), fen) for kind, fen in month.fees],
        "standing": queries.standing_of_seller(seller_id),
        "collected": [(provider_name(code), fen) for code, fen in queries.collected_by_seller(seller_id)],
        "payouts": list(queries.payouts_of([seller_id])[:12]),
        "sales": Paginator(sales, ON_A_PAGE).get_page(request.GET.get("page")),
    }
    return page(request, acting, "money.html", context)


@acts(Right.SEE_MONEY, kinds=Organisation.SELLERS)
def statement(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Answer a month's statement as a PDF."""
    name, told = _told(request, acting)
    return _file(statement_pdf(told, made_at=acting.now), "application/pdf", f"{name}.pdf")


@acts(Right.SEE_MONEY, kinds=Organisation.SELLERS)
def statement_table(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Answer a month's statement as a workbook."""
    name, told = _told(request, acting)
    return _file(statement_xlsx(told), XLSX, f"{name}.xlsx")


def _told(request: HttpRequest, acting: Acting) -> tuple[str, StatementOfSeller]:
    """Return the statement of the month that is asked for, of this month where none is; 404 for what is none of the last ones."""
    months = _months(acting.now)
    chosen = request.GET.get("month") or months[0][0]
    for name, starts_at, ends_at in months:
        if name == chosen:
            return f"{acting.organisation.key}-{name}", statement_of(seller=acting.organisation, starts_at=starts_at, ends_at=ends_at)
    raise Http404


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=content_type, headers=headers)


def _months(now: datetime) -> list[tuple[str, datetime, datetime]]:
    """Return this month and those before it with their half-open windows, in local time."""
    end = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    year, month = end.year, end.month
    found = []
    for back in range(MONTHS):
        index = year * 12 + month - 1 - back
        start = end.replace(year=index // 12, month=index % 12 + 1)
        after = end.replace(year=(index + 1) // 12, month=(index + 1) % 12 + 1)
        found.append((f"{start:%Y-%m}", start, after))
    return found


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
        "fees": [(fee_name(fee.kind), fee, why(fee.reason)) for fee in found.fees],
        "steps": [
            {"step": step, "what": fact_name(step.kind), "changes": [(account_name(one), one.amount_fen) for one in step.changes]}
            for step in found.steps
        ],
        "is_maturing": [one for one in found.earnings if one.state == Earning.State.MATURING],
    }
    return page(request, acting, "money_order.html", context)


def _ledger(found: MoneyOfOrder) -> list[dict[str, Any]]:
    sale = found.sale
    lines: list[Context] = [{"label": _("Paid by the buyer"), "fen": sale.paid_fen}]
    if sale.subsidy_fen:
        lines.append({"label": _("Paid by others of the price"), "fen": sale.subsidy_fen})
    back = sale.refunded_fen + sale.subsidy_back_fen
    if back:
        lines.append({"label": _("Given back"), "fen": back, "is_less": True})
    lines += [{"label": fee_name(fee.kind), "fen": fee.left_fen, "is_less": True} for fee in found.fees]
    return [*lines, {"label": _("Left for the seller"), "fen": sale.net_fen, "is_sum": True}]


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
        accounts.REFUND_DECIDED: _("A refund was decided"),
        accounts.REFUND_ARRIVED: _("The refund reached the buyer"),
        accounts.EARNING_MATURED: _("The return window is over"),
        accounts.SHARED_OUT: _("The payment service shared the fees out"),
        accounts.SHARE_CAME_BACK: _("A fee came back for a refund"),
        accounts.PAYOUT_APPROVED: _("A payout was approved"),
        accounts.PAYOUT_PAID: _("The payout was paid"),
        accounts.PAYOUT_RETURNED: _("The payout came back"),
    }
    base = kind.removesuffix(" reversed")
    return names.get(base, base) if base == kind else _("Taken back: %(what)s") % {"what": names.get(base, base)}


def account_name(change: Change) -> str:
    """Return what an account is called, with whose it is."""
    base, _colon, kind = change.purpose.partition(":")
    names = {
        "at_provider": _("Held by %(provider)s") % {"provider": provider_name(kind)},
        "held": _("Kept until the goods are received"),
        "earned": _("Earned, return window open"),
        "payable": _("To be paid out"),
        "in_payout": _("On its way to the seller"),
        "subsidy": _("Borne by others"),
        "going_back": _("Going back to the buyer"),
        "unexplained": _("Money that belongs to no order"),
        "bank": _("The house's bank account"),
    }
    name = fee_name(kind) if base == "fees" else names.get(base, change.purpose)
    return f"{name} · {change.owner}" if change.owner else name


def provider_name(code: str) -> str:
    """Return what a way of paying is called."""
    return {"cash": _("Cash"), "wechat_pay": "WeChat Pay", "alipay": "Alipay"}.get(code, code)
