"""The temperatures that sensors tell of an event. Plain Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from teahorse.trace.epcis.units import in_base_unit

KELVIN: Final = Decimal("273.15")


@dataclass(frozen=True, slots=True)
class Temperature:
    """What sensors said of a step, in degrees Celsius."""

    lowest: float
    highest: float


def temperature_of(body: Mapping[str, Any]) -> Temperature | None:
    """Return the lowest and the highest temperature that sensors tell of an event."""
    found: list[float] = []
    for element in body.get("sensorElementList", ()):
        for report in element.get("sensorReport", ()):
            if report.get("type", "").rsplit("-", 1)[-1].lower() != "temperature":
                continue
            for name in ("value", "minValue", "maxValue", "meanValue"):
                based = in_base_unit(report[name], report.get("uom", "CEL")) if name in report else None
                if based is not None:
                    found.append(float(Decimal(str(based[1])) - KELVIN))
    return Temperature(round(min(found), 1), round(max(found), 1)) if found else None
