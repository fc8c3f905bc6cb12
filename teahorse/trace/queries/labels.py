"""Questions about labels: a seller's sheets, one of them with its log, lots that labels can be asked for."""

from datetime import date
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from teahorse.people.models import Organisation, Person
from teahorse.trace.models import CheckFile, LabelCode, LabelPrint, LabelSheet, Lot, LotMovement, TradeItem

MOST_LOTS = 200


def sheets_of(seller: Organisation) -> QuerySet[LabelSheet]:
    """Return a seller's sheets without their files, the newest first."""
    return LabelSheet.objects.filter(seller=seller).select_related("lot__item").defer("pdf").order_by("-asked_at", "-pk")


def sheet_of(seller: Organisation, sheet_id: UUID) -> LabelSheet | None:
    """Return one of them."""
    return sheets_of(seller).filter(pk=sheet_id).first()


def prints_of(sheet: LabelSheet) -> list[tuple[LabelPrint, str]]:
    """Return who took a sheet's file to print, by name, the first time first."""
    prints = list(sheet.prints.order_by("at", "pk"))
    names = dict(Person.objects.filter(pk__in=[one.by_id for one in prints]).values_list("pk", "name"))
    return [(one, names.get(one.by_id, "")) for one in prints]


def codes_of(sheet: LabelSheet, *, found: str = "") -> QuerySet[LabelCode]:
    """Return a sheet's codes in their order, or those of them that begin with what somebody looks for."""
    codes = LabelCode.objects.filter(sheet=sheet).order_by("position")
    return codes.filter(code__startswith=found) if found else codes


def code_counts(sheet: LabelSheet) -> dict[str, int]:
    """Return how many codes of a sheet stand and how many are void."""
    return LabelCode.objects.filter(sheet=sheet).aggregate(standing=Count("pk", filter=Q(voided_at=None)), void=Count("voided_at"))


def pieces_of(lot: Lot) -> int | None:
    """Return how many pieces a lot has: as it was counted, or as units were made of it; None where nobody knows yet."""
    if not lot.item.unit:
        return int(lot.amount)
    made = LotMovement.objects.filter(lot=lot, reason=LotMovement.Reason.MADE).aggregate(units=Sum("delta"))["units"]
    return made or None


def labelled_of(lot: Lot, *, level: str) -> int:
    """Return for how many pieces of a lot labels of a level were made and are not void; a case counts as the pieces in it."""
    standing = LabelSheet.objects.filter(lot=lot, level=level, voided_at=None).exclude(state=LabelSheet.State.FAILED)
    sheets = standing.annotate(void=Count("codes", filter=Q(codes__voided_at__isnull=False))).values_list("count", "void", "frozen__pieces")
    if level == LabelSheet.Level.LOT:  # one code for all of a sheet
        return sum(count for count, void, _pieces in sheets if not void)
    return sum((count - void) * (pieces or 1) for count, void, pieces in sheets)


def lots_to_label(seller: Organisation, *, today: date) -> list[Lot]:
    """Return a seller's lots that are not past their day, the newest first."""
    fresh = Q(best_before=None) | Q(best_before__gte=today)
    return list(Lot.objects.filter(fresh, seller=seller).select_related("item").order_by("-created_at", "-pk")[:MOST_LOTS])


def items_of(seller: Organisation) -> QuerySet[TradeItem]:
    """Return a seller's kinds of goods with how many lots there are of each, by name."""
    return TradeItem.objects.filter(seller=seller).annotate(lot_count=Count("lots")).order_by("name", "pk")


def check_file(name: str) -> CheckFile | None:
    """Return the check file of a name."""
    return CheckFile.objects.filter(name=name).first()
