"""Questions: tariffs, the choice of a carrier with its reasons, who is silent, what differs."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Avg, BigIntegerField, Case, Count, F, Max, Q, QuerySet, Sum, When

from teahorse.carriers.models import BillLine, CarrierBill, CarrierEvent, CarrierTariff, Consignment
from teahorse.carriers.rules import SILENT_AFTER, Price, charged_grams, fee_fen, kept_share
from teahorse.carriers.states import ENDED
from teahorse.logistics.models import Parcel
from teahorse.people.models import Organisation

LOOKED_BACK = timedelta(days=90)
KEPT = Q(delivered_at__lte=F("promised_by"))
FEN_PER_DAY = 300
"""What a day later is taken to cost when carriers are compared."""
FEN_PER_BROKEN = 2000
"""What a broken promise is taken to cost."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One carrier's service for a parcel, with what speaks for and against it; the least ``weighed_fen`` stands first."""

    carrier: str
    service: str
    fee_fen: int
    charged_grams: int
    is_by_volume: bool
    days: int
    kept: int
    broken: int
    kept_share: Decimal
    weighed_fen: int
    is_cheapest: bool = False
    is_quickest: bool = False
    is_surest: bool = False


def tariff_for(*, carrier: str, service: str, destination: str) -> CarrierTariff | None:
    """Return the tariff with the longest matching code; without a service the cheapest first weight's among them."""
    rows = CarrierTariff.objects.filter(carrier=carrier)
    fitting = [row for row in (rows.filter(service=service) if service else rows) if destination.startswith(row.destination_code)]
    return min(fitting, key=lambda row: (-len(row.destination_code), row.first_fen, row.service), default=None)


def price_of(tariff: CarrierTariff) -> Price:
    """Return a tariff as rules reckon with it."""
    return Price(tariff.first_grams, tariff.first_fen, tariff.step_grams, tariff.step_fen, tariff.cm3_per_kg)


def choices(*, destination: str, weight_grams: int, volume_cm3: int, carriers: Collection[str], now: datetime) -> list[Choice]:
    """
    Return the carriers' services for a parcel, the wisest first: by fee, promised days and the share of promises kept.

    Each is one sum in fen: the fee, a price for each day, and a price for a broken promise times how often it is broken.
    """
    kept = _promises(carriers, now=now)
    best: dict[tuple[str, str], CarrierTariff] = {}
    for row in CarrierTariff.objects.filter(carrier__in=carriers).order_by("destination_code"):
        if destination.startswith(row.destination_code):
            best[row.carrier, row.service] = row  # a longer code comes later
    found = [_choice(row, kept.get(row.carrier, (0, 0)), weight_grams=weight_grams, volume_cm3=volume_cm3) for row in best.values()]
    return [_with_marks(one, found) for one in sorted(found, key=lambda one: (one.weighed_fen, one.fee_fen, one.carrier, one.service))]


def newest_consignments(parcel_ids: Collection[UUID]) -> dict[UUID, Consignment]:
    """Return by parcel what was last handed to a carrier of it on its way out."""
    rows = Consignment.objects.filter(parcel_id__in=parcel_ids, is_return=False).order_by("asked_at", "pk")
    return {row.parcel_id: row for row in rows}


def silent_consignments(*, now: datetime, county_ids: Collection[UUID] | None = None) -> QuerySet[Consignment]:
    """Return what a carrier has and has said nothing new of for a day, the longest silence first."""
    since = now - SILENT_AFTER
    quiet = Q(heard_at__lte=since) | Q(heard_at=None, booked_at__lte=since)
    rows = Consignment.objects.filter(quiet, stage=Consignment.Stage.BOOKED).exclude(state__in=ENDED)
    if county_ids is not None:
        rows = rows.filter(county_id__in=county_ids)
    return rows.select_related("parcel").order_by(F("heard_at").asc(nulls_first=True), "booked_at", "pk")


def silent_carriers(*, now: datetime) -> list[tuple[str, datetime | None, int]]:
    """Return carriers that have told nothing new of any open parcel for a day: code, when they last did, and how many wait."""
    since = now - SILENT_AFTER
    open_rows = Consignment.objects.filter(stage=Consignment.Stage.BOOKED, booked_at__lte=since).exclude(state__in=ENDED)
    waiting = dict(open_rows.values_list("carrier").annotate(count=Count("pk")))
    heard = dict(Consignment.objects.filter(carrier__in=waiting).values_list("carrier").annotate(last=Max("heard_at")))
    return [(code, heard[code], waiting[code]) for code in sorted(waiting) if heard[code] is None or heard[code] <= since]


def unmapped_events() -> QuerySet[CarrierEvent]:
    """Return what carriers told in words that stand in no table of ours, the newest first."""
    return CarrierEvent.objects.filter(state="").select_related("consignment").order_by("-heard_at", "pk")


def bill_lines() -> QuerySet[BillLine]:
    """Return the lines of bills: those that differ and are open first, of them the dearest, then cleared ones, then the others."""
    rank = Case(When(reason="", then=2), When(cleared_at=None, then=0), default=1)
    return BillLine.objects.select_related("bill", "consignment__parcel", "owner").order_by(
        rank, F("cleared_at").desc(), "-billed_fen", "pk"
    )


def differing_lines() -> QuerySet[BillLine]:
    """Return the lines of bills that differ from what was weighed: open ones first, of them the dearest."""
    return bill_lines().exclude(reason="")


def bills(county_ids: Collection[UUID] | None = None) -> QuerySet[CarrierBill]:
    """
    Return the bills, the newest month first, with their sums: ``count`` lines, ``billed_fen``, how many differ and how many of those
    are open, and ``more_fen``: by how much those that differ are dearer than what was reckoned here (cheaper: less than nothing).

    :param county_ids: only the lines of parcels from these, and only bills that have some; None: all.
    """
    hers = Q() if county_ids is None else Q(lines__consignment__county_id__in=county_ids)
    differs = hers & ~Q(lines__reason="")
    counted = CarrierBill.objects.annotate(
        count=Count("lines", filter=hers or None),
        billed_fen=Sum("lines__billed_fen", filter=hers or None),
        differing=Count("lines", filter=differs),
        open=Count("lines", filter=differs & Q(lines__cleared_at=None)),
        more_fen=Sum(F("lines__billed_fen") - F("lines__our_fen"), filter=differs, output_field=BigIntegerField()),
    )
    if county_ids is not None:
        counted = counted.filter(count__gt=0)
    return counted.order_by("-month", "carrier", "-taken_at", "pk")


def waiting_at(giver: Organisation) -> QuerySet[Consignment]:
    """
    Return what carriers have taken on, waits at an organisation and is on no hand-over list yet.

    It waits at her who packed it until it was brought anywhere, then at whose service point it lies: a hub hands over for many.
    """
    held = Parcel.objects.filter(held_by__organisation=giver)
    packed = Parcel.objects.filter(sender=giver, stage=Parcel.Stage.PACKED)
    here = held.values("pk").union(packed.values("pk"))  # each found by an index; either-or would read all that ever was sent
    return Consignment.objects.filter(parcel__in=here, stage=Consignment.Stage.BOOKED, is_return=False, manifest=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How a carrier did in the last 90 days; ``kept`` and ``broken`` are promises, ``fee_fen`` is by our tariff, None without one."""

    carrier: str
    parcels: int
    delivered: int
    kept: int
    broken: int
    fee_fen: int | None
    heard_at: datetime | None

    @property
    def kept_percent(self) -> int | None:
        """Return how many of a hundred promises were kept; None where none has ended."""
        ended = self.kept + self.broken
        return 100 * self.kept // ended if ended else None


def standings(*, now: datetime, county_ids: Collection[UUID] | None = None) -> list[Standing]:
    """Return how each carrier did, of all counties or of some, who carries most first; one query."""
    rows = Consignment.objects.filter(is_return=False, booked_at__gt=now - LOOKED_BACK, stage=Consignment.Stage.BOOKED)
    if county_ids is not None:
        rows = rows.filter(county_id__in=county_ids)
    counted = rows.values("carrier").annotate(
        parcels=Count("pk"),
        delivered=Count("delivered_at"),
        fee=Avg("fee_fen"),
        heard=Max("heard_at"),
        kept=Count("pk", filter=KEPT),
        broken=Count("pk", filter=_broken(now)),
    )
    return [
        Standing(
            carrier=row["carrier"],
            parcels=row["parcels"],
            delivered=row["delivered"],
            kept=row["kept"],
            broken=row["broken"],
            fee_fen=None if row["fee"] is None else round(row["fee"]),
            heard_at=row["heard"],
        )
        for row in counted.order_by("-parcels", "carrier")
    ]


def _broken(now: datetime) -> Q:
    """Return what says that a promise was broken: delivered late, or late and still open."""
    return Q(delivered_at__gt=F("promised_by")) | Q(delivered_at=None, promised_by__lt=now)


def _promises(carriers: Collection[str], *, now: datetime) -> dict[str, tuple[int, int]]:
    """Return by carrier how many promises of the last quarter were kept, and how many broken."""
    due = Consignment.objects.filter(
        carrier__in=carriers, is_return=False, stage=Consignment.Stage.BOOKED, promised_by__gt=now - LOOKED_BACK
    )
    return {
        code: (good, bad)
        for code, good, bad in due.values_list("carrier").annotate(kept=Count("pk", filter=KEPT), broken=Count("pk", filter=_broken(now)))
    }


def _choice(row: CarrierTariff, promises: tuple[int, int], *, weight_grams: int, volume_cm3: int) -> Choice:
    charged = charged_grams(weight_grams=weight_grams, volume_cm3=volume_cm3, cm3_per_kg=row.cm3_per_kg)
    fee, share = fee_fen(price_of(row), charged=charged), kept_share(kept=promises[0], broken=promises[1])
    return Choice(
        carrier=row.carrier,
        service=row.service,
        fee_fen=fee,
        charged_grams=charged,
        is_by_volume=charged > weight_grams,
        days=row.days,
        kept=promises[0],
        broken=promises[1],
        kept_share=share,
        weighed_fen=fee + row.days * FEN_PER_DAY + int((1 - share) * FEN_PER_BROKEN),
    )


def _with_marks(one: Choice, among: list[Choice]) -> Choice:
    known = [other for other in among if other.kept + other.broken]
    return replace(
        one,
        is_cheapest=one.fee_fen == min(other.fee_fen for other in among),
        is_quickest=one.days == min(other.days for other in among),
        is_surest=bool(known) and one in known and one.kept_share == max(other.kept_share for other in known),
    )
