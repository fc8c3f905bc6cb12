"""The demo's fees, and the books of its past orders."""

from datetime import datetime, timedelta

from teahorse.demo.keys import key_of
from teahorse.settlement import actions as settlement
from teahorse.settlement.models import FeeRule

FEES = (
    ("commission", "goods", 300, "centre", "", "县中心服务费 3%"),
    ("commission", "goods", 500, "centre", "company", "县中心服务费（企业）5%"),
    ("station", "order", 100, "pickup", "", "自提点代收每单 1 元"),
    ("payment", "paid", 60, "provider", "", "支付手续费 0.6%"),
)
"""Kind, basis, rate, who gets it, for which kind of seller, and the name."""
IN_FORCE = timedelta(days=400)


def load_books(*, now: datetime) -> None:
    """Have fees that were in force when the oldest order was placed, and everything booked that happened until now."""
    for kind, basis, rate, beneficiary, seller_kind, name in FEES:
        rule = {"kind": kind, "basis": basis, "rate": rate, "beneficiary": beneficiary, "seller_kind": seller_kind, "name": name}
        FeeRule.objects.get_or_create(pk=key_of("fee", name), defaults={**rule, "since_date": (now - IN_FORCE).date()})
    settlement.book_forgotten(now=now, since=now - IN_FORCE)
    settlement.mature_earnings(now=now)
