"""Every change of carts and orders, by topic."""

from teahorse.orders.actions.agreeing import SentUnpaid, agree, end_unfetched, follow_unpaid_parcels
from teahorse.orders.actions.carts import CartFull, Changed, InCart, merge_carts, open_cart, put_into_cart, set_quantity, take_out
from teahorse.orders.actions.counting import count_promises
from teahorse.orders.actions.drafting import Wish
from teahorse.orders.actions.fulfilling import (
    NotReceived,
    NotToPack,
    PaidAtThePoint,
    StillToPay,
    close_after_case,
    close_received,
    confirm_receipt,
    pack_order,
    recipient_of,
)
from teahorse.orders.actions.handing import NoContract, NoTelephone, OnItsWay, PaidInCash, hand_to_carrier
from teahorse.orders.actions.harvesting import (
    NotOpenAnyMore,
    SaleIsOpen,
    UnitsArePromised,
    UnitsOnTheShelf,
    declare_harvest,
    lapse_overdue,
    open_harvest_sale,
    outcome_of,
    settle_harvests,
)
from teahorse.orders.actions.noticing import mark_notices_read, notice_sellers
from teahorse.orders.actions.owing import NothingToPay, give_back, waive, waive_overdue
from teahorse.orders.actions.paying import (
    TooLateToCancel,
    WaitsForHarvest,
    cancel_order,
    expire_orders,
    start_payment,
    take_forgotten_payments,
    take_payments,
)
from teahorse.orders.actions.placing import KeyUsedForAnother, Placed, PriceChanged, ReturnNotConfirmed, SaleChanged, place_orders
from teahorse.orders.actions.weighing import NotWeighed, WeightOff, difference_of

__all__ = [
    "CartFull",
    "Changed",
    "InCart",
    "KeyUsedForAnother",
    "NoContract",
    "NoTelephone",
    "NotOpenAnyMore",
    "NotReceived",
    "NotToPack",
    "NotWeighed",
    "NothingToPay",
    "OnItsWay",
    "PaidAtThePoint",
    "PaidInCash",
    "Placed",
    "PriceChanged",
    "ReturnNotConfirmed",
    "SaleChanged",
    "SaleIsOpen",
    "SentUnpaid",
    "StillToPay",
    "TooLateToCancel",
    "UnitsArePromised",
    "UnitsOnTheShelf",
    "WaitsForHarvest",
    "WeightOff",
    "Wish",
    "agree",
    "cancel_order",
    "close_after_case",
    "close_received",
    "confirm_receipt",
    "count_promises",
    "declare_harvest",
    "difference_of",
    "end_unfetched",
    "expire_orders",
    "follow_unpaid_parcels",
    "give_back",
    "hand_to_carrier",
    "lapse_overdue",
    "mark_notices_read",
    "merge_carts",
    "notice_sellers",
    "open_cart",
    "open_harvest_sale",
    "outcome_of",
    "pack_order",
    "place_orders",
    "put_into_cart",
    "recipient_of",
    "set_quantity",
    "settle_harvests",
    "start_payment",
    "take_forgotten_payments",
    "take_out",
    "take_payments",
    "waive",
    "waive_overdue",
]
