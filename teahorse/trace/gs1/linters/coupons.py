"""
Syntax tests of North American coupons (application identifiers 8110 and 8112).

A coupon is a row of fields. Many have a length digit before them, optional ones a digit that announces them, in rising order.
"""

from teahorse.trace.gs1.unreadable import Unreadable

from .characters import csetnumeric
from .dates import yymmdd

SHORTEST_PREFIX = 6
"""Length digit 0 of a company prefix or a serial number stands for six digits, 1 for seven, and so on."""


class _Fields:
    """A coupon that is read from left to right; what is missing is reported with all that is left, or with all if nothing is left."""

    def __init__(self, data: str) -> None:
        csetnumeric(data)
        self.data, self.at = data, 0

    def fixed(self, length: int, *, fault: str) -> str:
        end = self.at + length
        if end > len(self.data):
            rest = self.data[self.at :]
            raise Unreadable(rest or self.data, at=self.at if rest else 0, code=f"coupon_{fault}")
        part, self.at = self.data[self.at : end], end
        return part

    def digit(self, name: str, *, allowed: str = "0123456789", invalid: str = "", missing: str = "") -> str:
        digit = self.fixed(1, fault=missing or f"missing_{name}")
        if digit not in allowed:
            raise Unreadable(digit, at=self.at - 1, code=f"coupon_{invalid or f'invalid_{name}'}")
        return digit

    def sized(self, name: str, *, lengths: str, shortest: int = 0, none: str = "") -> None:
        """Take a field behind its length digit; the digit ``none`` says that there is no field."""
        digit = self.digit(name, allowed=lengths + none, missing=f"missing_{name}_vli", invalid=f"invalid_{name}_length")
        if digit != none:
            self.fixed(shortest + int(digit), fault=f"truncated_{name}")

    def date(self, name: str) -> str:
        date = self.fixed(6, fault=f"too_short_for_{name}")
        try:
            yymmdd(date)
        except Unreadable as why:
            raise Unreadable(date, at=self.at - len(date), code=f"coupon_invalid_{name}") from why
        return date

    def announced(self, digit: str) -> bool:
        """Take the digit that announces an optional field, if it comes next."""
        comes = self.data.startswith(digit, self.at)
        self.at += comes
        return comes

    def end(self) -> None:
        if rest := self.data[self.at :]:
            raise Unreadable(rest, at=self.at, code="coupon_excess_data")


def couponcode(data: str) -> None:
    """Refuse what is not a coupon of application identifier 8110 (North American Coupon Application Guideline)."""
    fields = _Fields(data)
    fields.sized("gcp", lengths="0123456", shortest=SHORTEST_PREFIX)
    fields.fixed(6, fault="truncated_offer_code")
    fields.sized("save_value", lengths="12345")
    _purchase(fields, "1st")
    if fields.announced("1"):
        fields.digit("additional_purchase_rules_code", allowed="0123")
        _purchase(fields, "2nd")
        fields.sized("2nd_purchase_gcp", lengths="0123456", shortest=SHORTEST_PREFIX, none="9")
    if fields.announced("2"):
        _purchase(fields, "3rd")
        fields.sized("3rd_purchase_gcp", lengths="0123456", shortest=SHORTEST_PREFIX, none="9")
    _dates(fields)
    if fields.announced("5"):
        fields.sized("serial_number", lengths="0123456789", shortest=SHORTEST_PREFIX)
    if fields.announced("6"):
        fields.sized("retailer_gcp_or_gln", lengths="1234567", shortest=SHORTEST_PREFIX)
    if fields.announced("9"):
        fields.digit("save_value_code", allowed="01256")
        fields.digit("save_value_applies_to_item", allowed="012")
        fields.digit("store_coupon_flag")
        fields.digit("dont_multiply_flag", allowed="01")
    fields.end()


def couponposoffer(data: str) -> None:
    """Refuse what is not a coupon of a positive offer file, application identifier 8112."""
    fields = _Fields(data)
    fields.digit("format_code", allowed="01")
    fields.sized("funder", lengths="0123456", shortest=SHORTEST_PREFIX)
    fields.fixed(6, fault="truncated_offer_code")
    fields.sized("serial_number", lengths="0123456789", shortest=SHORTEST_PREFIX)
    fields.end()


def _purchase(fields: _Fields, which: str) -> None:
    fields.sized(f"{which}_purchase_requirement", lengths="12345")
    fields.digit(f"{which}_purchase_requirement_code", allowed="012349")
    fields.fixed(3, fault=f"truncated_{which}_purchase_family_code")


def _dates(fields: _Fields) -> None:
    began = fields.at
    expires = fields.date("expiration_date") if fields.announced("3") else ""
    starts = fields.date("start_date") if fields.announced("4") else ""
    if expires and starts and expires < starts:
        raise Unreadable(fields.data[began : fields.at], at=began, code="coupon_expiration_before_start")
