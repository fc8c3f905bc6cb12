"""
Units of measure by their codes of UN/ECE Recommendation 20, as far as this trade and its sensors meet them.

Every unit belongs to one quantity and is turned into that quantity's base unit by ``value * factor + offset``, so that a
question in kelvin finds a report in degrees Celsius (EPCIS 2.0, section 8.2.7.1: queries convert between units).
"""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import msgspec

_PI = Fraction("3.14159265358979323846")


class Unit(msgspec.Struct, frozen=True):
    """A unit: what it measures, and how to reach that quantity's base unit."""

    quantity: str
    factor: Fraction
    offset: Fraction = Fraction(0)


# quantity: base unit first, then code and factor
_BY_QUANTITY = {
    "mass": "KGM 1 GRM 1/1000 MGM 1/1000000 MC 1/1000000000 TNE 1000 DTN 100 HGM 1/10 DJ 1/100 LBR 0.45359237 ONZ 0.028349523125",
    "length": "MTR 1 KMT 1000 DMT 1/10 CMT 1/100 MMT 1/1000 4H 1/1000000 INH 0.0254 FOT 0.3048 YRD 0.9144 SMI 1609.344 NMI 1852",
    "area": "MTK 1 KMK 1000000 CMK 1/10000 MMK 1/1000000 DMK 1/100 HAR 10000 ARE 100 INK 0.00064516 FTK 0.09290304 ACR 4046.8564224",
    "volume": "MTQ 1 LTR 1/1000 DMQ 1/1000 DLT 1/10000 CLT 1/100000 MLT 1/1000000 CMQ 1/1000000 MMQ 1/1000000000 HLT 1/10 INQ"
    " 0.000016387064 FTQ 0.028316846592 GLL 0.003785411784 GLI 0.00454609",
    "time": "SEC 1 MIN 60 HUR 3600 DAY 86400 WEE 604800 C26 1/1000 B98 1/1000000",
    "number": "C62 1 H87 1 EA 1 NIU 1 PR 2 DZN 12 CEN 100 MIL 1000 P1 1/100 NX 1/1000 59 1/1000000 61 1/1000000000",
    "speed": "MTS 1 KMH 5/18 2X 1/60 C16 1/1000 HM 0.44704 KNT 463/900 2M 1/100",
    "acceleration": "MSK 1 K40 9.80665",
    "angle": "C81 1 C25 1/1000",
    "angular velocity": "2A 1",
    "angular acceleration": "2B 1",
    "frequency": "HTZ 1 KHZ 1000 MHZ 1000000 A86 1000000000",
    "force": "NEW 1 B47 1000 C20 1/1000",
    "pressure": "PAL 1 KPA 1000 MPA 1000000 A97 100 BAR 100000 MBR 100 ATM 101325 PS 6894.757293168",
    "energy": "JOU 1 KJO 1000 3B 1000000 WHR 3600 KWH 3600000 MWH 3600000000",
    "power": "WTT 1 KWT 1000 MAW 1000000 C31 1/1000",
    "voltage": "VLT 1 2Z 1/1000 KVT 1000",
    "electric current": "AMP 1 4K 1/1000 B84 1/1000000",
    "electric charge": "COU 1 AMH 3600",
    "resistance": "OHM 1 B49 1000 B75 1000000",
    "illuminance": "LUX 1 KLX 1000",
    "luminous flux": "LUM 1",
    "luminous intensity": "CDL 1",
    "irradiance": "D54 1",
    "density": "KMQ 1 A93 1/1000 GP 1/1000000 GQ 1/1000000000 GL 1 M1 1/1000 23 1000",
    "volume flow": "MQS 1 MQH 1/3600 L2 1/60000 LD 1/86400000",
    "amount": "C34 1 C18 1/1000 B45 1000",
    "amount per volume": "C36 1 C35 1000",
    "dose equivalent": "D13 1 C28 1/1000",
    "radioactivity": "BQL 1 2Q 1000 CUR 37000000000",
    "memory": "AD 1 2P 1000 4L 1000000 A99 1/8",
}
_WITH_OFFSET_OR_ANGLE = {
    "KEL": Unit("temperature", Fraction(1)),
    "CEL": Unit("temperature", Fraction(1), Fraction("273.15")),
    "FAH": Unit("temperature", Fraction(5, 9), Fraction("459.67") * 5 / 9),
    "A48": Unit("temperature", Fraction(5, 9)),
    "DD": Unit("angle", _PI / 180),
    "D61": Unit("angle", _PI / 10800),
    "D62": Unit("angle", _PI / 648000),
    "RPM": Unit("angular velocity", _PI / 30),
}


def _listed() -> Iterator[tuple[str, Unit]]:
    for quantity, listed in _BY_QUANTITY.items():
        words = listed.split()
        for code, factor in zip(words[::2], words[1::2], strict=True):
            yield code, Unit(quantity, Fraction(factor))
    yield from _WITH_OFFSET_OR_ANGLE.items()


UNITS = dict(_listed())

# which quantity a measurement type measures; the types that are absent are not compared between units
QUANTITY_OF = {
    "AbsoluteHumidity": "density",
    "Acceleration": "acceleration",
    "Altitude": "length",
    "AmountOfSubstance": "amount",
    "AmountOfSubstancePerUnitVolume": "amount per volume",
    "Angle": "angle",
    "AngularAcceleration": "angular acceleration",
    "AngularVelocity": "angular velocity",
    "Area": "area",
    "Count": "number",
    "Density": "density",
    "DoseEquivalent": "dose equivalent",
    "ElectricCharge": "electric charge",
    "ElectricCurrent": "electric current",
    "Energy": "energy",
    "Force": "force",
    "Frequency": "frequency",
    "Illuminance": "illuminance",
    "Irradiance": "irradiance",
    "Length": "length",
    "LuminousFlux": "luminous flux",
    "LuminousIntensity": "luminous intensity",
    "Mass": "mass",
    "MassConcentration": "density",
    "MemoryCapacity": "memory",
    "Power": "power",
    "Pressure": "pressure",
    "Radioactivity": "radioactivity",
    "RelativeHumidity": "number",
    "Resistance": "resistance",
    "Speed": "speed",
    "Temperature": "temperature",
    "Time": "time",
    "Voltage": "voltage",
    "Volume": "volume",
    "VolumeFlowRate": "volume flow",
    "VolumeFraction": "number",
}


def in_base_unit(value: float, code: str) -> tuple[str, float] | None:
    """
    Return the quantity and ``value`` in its base unit, to twelve significant digits; None for a code that is not in the table.

    Twelve digits, so that the same temperature asked for in kelvin and told in degrees Celsius is the same number.
    """
    unit = UNITS.get(code)
    if unit is None:
        return None
    return unit.quantity, float(f"{float(Fraction(value) * unit.factor + unit.offset):.12g}")


def limits_of(number: Decimal, code: str) -> dict[str, str]:
    """
    Return a number of one unit in every unit of its quantity, by the units' codes, to twelve significant digits.

    Without a code it stands under "" and means any unit; a code that is not in the table is compared with itself alone.
    """
    unit = UNITS.get(code)
    if unit is None:
        return {code: str(number)}
    base = Fraction(number) * unit.factor + unit.offset
    return {other: f"{float((base - told.offset) / told.factor):.12g}" for other, told in UNITS.items() if told.quantity == unit.quantity}
