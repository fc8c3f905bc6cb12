"""Carts and orders. What was agreed at placing - prices, split, freight, promise, names - is frozen in the rows."""

from teahorse.orders.models.balance import BalanceDue, HarvestSale, Weighing
from teahorse.orders.models.cart import Cart, CartLine
from teahorse.orders.models.order import BY_INDEX, OVER_WHAT_IS_PLACED, LineDiscount, OrderGroup, OrderLine, SellerNotice, SellerOrder
from teahorse.orders.models.promises import PromiseDay

__all__ = [
    "BY_INDEX",
    "OVER_WHAT_IS_PLACED",
    "BalanceDue",
    "Cart",
    "CartLine",
    "HarvestSale",
    "LineDiscount",
    "OrderGroup",
    "OrderLine",
    "PromiseDay",
    "SellerNotice",
    "SellerOrder",
    "Weighing",
]
