"""The demo's fees, the books of its past orders, and who shows hers to everybody."""

from datetime import datetime, timedelta

from teahorse.demo.keys import key_of
from teahorse.demo.reading import Row
from teahorse.demo.routes import staff_of
from teahorse.demo.stories import moment, told_stories
from teahorse.people.models import Organisation
from teahorse.settlement import actions as settlement
from teahorse.settlement.models import FeeRule

FEES = (
    ("commission", "goods", 300, "centre", "", "县中心服务费 3%"),
    ("commission", "goods", 500, "centre", "company", "县中心服务费（企业）5%"),
    ("station", "order", 100, "pickup", "", "自提点代收每单 1 元"),
    ("payment", "paid", 60, "provider", "", "支付手续费 0.6%"),
)
"""Kind, basis, rate, who gets it, for which kind of seller, and the name."""
CARRYING = ("centre-qonggyai",)
"""The centres whose vehicles carry for the sellers of their counties: they get what sending costs. Elsewhere sellers send themselves."""
IN_FORCE = timedelta(days=400)


def load_fees(*, now: datetime) -> None:
    """Have fees that were in force when the oldest order was placed."""
    for kind, basis, rate, beneficiary, seller_kind, name in FEES:
        rule = {"kind": kind, "basis": basis, "rate": rate, "beneficiary": beneficiary, "seller_kind": seller_kind, "name": name}
        FeeRule.objects.get_or_create(pk=key_of("fee", name), defaults={**rule, "since_date": (now - IN_FORCE).date()})
    for centre in Organisation.objects.filter(key__in=CARRYING).order_by("key"):
        rule = {"kind": "freight", "basis": "freight", "rate": 10_000, "beneficiary": "centre", "county_id": centre.county_id}
        made = {**rule, "name": "县中心统一配送，运费归中心", "since_date": (now - IN_FORCE).date()}
        FeeRule.objects.get_or_create(pk=key_of("fee", f"freight {centre.key}"), defaults=made)


def open_books(*, now: datetime) -> None:
    """Have the makers of stories whose content has a ``book`` say from which households their goods come, and show it to everybody."""
    for story in told_stories():
        if "book" in story:
            _open_book(story, moment(story["book"], now))


def _open_book(story: Row, at: datetime) -> None:
    row, seller = story["book"], Organisation.objects.get(key=story["maker"])
    by, product_id = staff_of(seller), key_of("product", row["product"])
    households = {settlement.add_sub_seller(seller=seller, name=name, note="", by=by, now=at).pk: share for name, share in row["shares"]}
    settlement.divide_product(
        key=key_of("division", story["story"]),
        seller=seller,
        product_id=product_id,
        since_date=at.date(),
        shares_bp=households,
        by=by,
        now=at,
    )
    settlement.open_book(seller=seller, product_id=product_id, by=by, now=at)


def book_past(*, now: datetime) -> None:
    """Have everything booked that happened until now; nothing has matured yet."""
    settlement.book_forgotten(now=now, since=now - IN_FORCE)
