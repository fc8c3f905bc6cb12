"""What was loaded beyond what a vehicle carries: planning refuses it, scanning notices it."""

from collections.abc import Iterable, Sequence

from teahorse.logistics.loads import loads_of
from teahorse.logistics.models import Oddity, Scan, Unit

Noticed = tuple[Scan, tuple[str, dict[str, object]]]


def overloads(scans: Sequence[Scan]) -> list[Noticed]:
    """Return for each vehicle that was loaded, and carries more now than it may, the last of these scans with the figures."""
    last = {scan.into_id: scan for scan in scans if scan.into_id is not None and scan.act in {Scan.Act.LOADED, Scan.Act.PUT_IN}}
    vehicles = list(Unit.objects.filter(pk__in=list(last), kind=Unit.Kind.VEHICLE).order_by("pk")) if last else []
    loads = loads_of([vehicle.pk for vehicle in vehicles]) if vehicles else {}
    found: list[Noticed] = []
    for vehicle in vehicles:
        load = loads[vehicle.pk]
        facts = dict(_beyond((("grams", load.grams, vehicle.most_grams), ("cm3", load.measured_cm3, vehicle.most_cm3))))
        if facts:
            found.append((last[vehicle.pk], (Oddity.Kind.OVERLOADED, {"unit": vehicle.code, **facts})))
    return found


def _beyond(figures: Iterable[tuple[str, int, int | None]]) -> Iterable[tuple[str, object]]:
    for name, has, most in figures:
        if most is not None and has > most:
            yield name, has
            yield f"most_{name}", most
