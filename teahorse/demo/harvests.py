"""Goods of the demo region that are sold before their harvest; by the real actions, each at its time."""

from datetime import datetime, timedelta

from teahorse.common.times import HOME
from teahorse.demo.keys import key_of
from teahorse.demo.provider import gave_back, got_paid
from teahorse.demo.reading import Row, read
from teahorse.demo.routes import staff_of
from teahorse.orders import actions as orders
from teahorse.orders.models import BalanceDue, HarvestSale, OrderGroup, SellerOrder
from teahorse.payments.models import Refund
from teahorse.stock import actions as stock
from teahorse.stock.models import StockLevel

REST_PAID_AFTER = timedelta(days=2)
ARRIVED_AFTER = timedelta(hours=1)
SOLD_OUT = "旧货卖完"


def open_harvests(*, now: datetime) -> None:
    """Begin to sell what is not harvested yet; what lay on the shelf of it was sold out before."""
    for row in read("harvests.toml")["harvest"]:
        level = StockLevel.objects.select_related("offer__seller").get(offer=key_of("offer", row["variant"]), is_online=True)
        by, opens_at = staff_of(level.offer.seller), now + timedelta(days=row["opens_day"])
        stock.count(level=level, counted=0, by=by, now=opens_at, note=SOLD_OUT)
        orders.open_harvest_sale(
            level=level,
            capacity=row["capacity"],
            opens_at=opens_at,
            closes_at=now + timedelta(days=row["closes_day"]),
            ship_by_date=(now + timedelta(days=row["ship_by_day"])).astimezone(HOME).date(),
            deposit_basis_points=row["deposit"],
            note=row["note"],
            by=by,
            now=opens_at,
        )


def end_harvests(*, now: datetime) -> None:
    """Declare the harvests that came: who is served pays the rest, the others have their deposits back."""
    for row in read("harvests.toml")["harvest"]:
        if "declared_day" in row:
            _end(row, now + timedelta(days=row["declared_day"]))


def _end(row: Row, at: datetime) -> None:
    sale = HarvestSale.objects.select_related("seller").get(offer=key_of("offer", row["variant"]), settled_at=None)
    orders.declare_harvest(sale=sale, units=row["units"], by=staff_of(sale.seller), now=at)
    while orders.settle_harvests(now=at):
        pass
    sold = SellerOrder.objects.filter(harvest_sale_id=sale.pk)
    gave_back(Refund.objects.filter(split__reference__in=sold.values("pk")), at=at + ARRIVED_AFTER)
    paid_at = at + REST_PAID_AFTER
    for due in BalanceDue.objects.filter(order__harvest_sale_id=sale.pk, state=BalanceDue.State.ASKED).order_by("order__number"):
        payment = orders.start_payment(
            group=OrderGroup.objects.get(orders=due.order_id), provider="wechat_pay", method="native", now=paid_at
        )
        got_paid(payment, at=paid_at)
        orders.take_payments(payment_ids=[payment.pk], now=paid_at)
