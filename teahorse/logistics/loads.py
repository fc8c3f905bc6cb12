"""How much lies in bags, cages and vehicles, at whatever depth."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from teahorse.logistics.models import Parcel, Unit


@dataclass(frozen=True, slots=True)
class Load:
    """The weight of all parcels, the volume of those that were measured, and the weight of those that were not; units weigh nothing."""

    grams: int = 0
    measured_cm3: int = 0
    unmeasured_grams: int = 0

    def __add__(self, other: "Load") -> "Load":
        """Return both together."""
        return Load(self.grams + other.grams, self.measured_cm3 + other.measured_cm3, self.unmeasured_grams + other.unmeasured_grams)


def loads_of(units: Collection[UUID]) -> dict[UUID, Load]:
    """Return what lies in some units, each with all that lies in what it holds; a query for each depth, and one."""
    inside: dict[UUID, set[UUID]] = {key: {key} for key in units}
    level: dict[UUID | None, list[UUID]] = {key: [key] for key in units}
    while level:
        deeper: dict[UUID | None, list[UUID]] = {}
        for key, container in Unit.objects.filter(inside__in=list(level)).values_list("pk", "inside_id"):
            for outermost in level.get(container, ()):
                inside[outermost].add(key)
                deeper.setdefault(key, []).append(outermost)
        level = deeper
    lying: dict[UUID | None, Load] = defaultdict(Load)
    everywhere = {key for keys in inside.values() for key in keys}
    for container, grams, cm3 in Parcel.objects.filter(inside__in=everywhere).values_list("inside_id", "weight_grams", "volume_cm3"):
        lying[container] += Load(grams, cm3 or 0, 0 if cm3 is not None else grams)
    return {outermost: sum((lying[key] for key in keys), Load()) for outermost, keys in inside.items()}
