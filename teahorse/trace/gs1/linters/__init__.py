"""
The syntax tests ("linters") of the GS1 Barcode Syntax Dictionary, by the names that it gives them.

A linter takes the text of one component and returns if it is in order.

:raises Unreadable: its code is the dictionary's name of the fault in small letters, its part and place what is wrong.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from . import characters, code_lists, coupons, dates, iso, numbers

Linter = Callable[[str], None]

LINTERS: Mapping[str, Linter] = MappingProxyType(
    {
        "csetnumeric": characters.csetnumeric,
        "cset82": characters.cset82,
        "cset39": characters.cset39,
        "cset64": characters.cset64,
        "hasnondigit": characters.hasnondigit,
        "hyphen": characters.hyphen,
        "importeridx": characters.importeridx,
        "pcenc": characters.pcenc,
        "csum": numbers.csum,
        "csumalpha": numbers.csumalpha,
        "gcppos1": numbers.gcppos1,
        "gcppos2": numbers.gcppos2,
        "nonzero": numbers.nonzero,
        "nozeroprefix": numbers.nozeroprefix,
        "zero": numbers.zero,
        "pieceoftotal": numbers.pieceoftotal,
        "posinseqslash": numbers.posinseqslash,
        "latitude": numbers.latitude,
        "longitude": numbers.longitude,
        "yymmdd": dates.yymmdd,
        "yymmd0": dates.yymmd0,
        "yyyymmdd": dates.yyyymmdd,
        "yyyymmd0": dates.yyyymmd0,
        "hh": dates.hh,
        "mi": dates.mi,
        "ss": dates.ss,
        "hhmi": dates.hhmi,
        "iban": iso.iban,
        "iso3166": iso.iso3166,
        "iso3166999": iso.iso3166999,
        "iso3166alpha2": iso.iso3166alpha2,
        "iso4217": iso.iso4217,
        "iso5218": iso.iso5218,
        "mediatype": code_lists.mediatype,
        "packagetype": code_lists.packagetype,
        "winding": code_lists.winding,
        "yesno": code_lists.yesno,
        "couponcode": coupons.couponcode,
        "couponposoffer": coupons.couponposoffer,
    }
)
