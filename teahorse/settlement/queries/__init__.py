"""Questions about money of orders, sellers and payouts, by topic; nothing is changed."""

from teahorse.settlement.queries.comparing import last_comparison, open_differences
from teahorse.settlement.queries.fees import (
    FeesOf,
    ended_fee_rules,
    fee_postings_of,
    fee_rules_in_order,
    fee_rules_of,
    fees_to_collect,
    sales_of_entries,
)
from teahorse.settlement.queries.orders import Change, MoneyOfOrder, Step, money_of_order
from teahorse.settlement.queries.payouts import (
    FailedSharing,
    ToPay,
    failed_sharings,
    house_at_providers,
    orders_of_payout,
    payouts_of,
    sellers_to_pay,
    transfers,
)
from teahorse.settlement.queries.sellers import (
    Month,
    collected_by_seller,
    divisions_of,
    divisions_on,
    month_of_seller,
    payout_accounts_of,
    sale_of_seller,
    sales_of_seller,
    standing_of_seller,
    sub_sellers_of,
)

__all__ = [
    "Change",
    "FailedSharing",
    "FeesOf",
    "MoneyOfOrder",
    "Month",
    "Step",
    "ToPay",
    "collected_by_seller",
    "divisions_of",
    "divisions_on",
    "ended_fee_rules",
    "failed_sharings",
    "fee_postings_of",
    "fee_rules_in_order",
    "fee_rules_of",
    "fees_to_collect",
    "house_at_providers",
    "last_comparison",
    "money_of_order",
    "month_of_seller",
    "open_differences",
    "orders_of_payout",
    "payout_accounts_of",
    "payouts_of",
    "sale_of_seller",
    "sales_of_entries",
    "sales_of_seller",
    "sellers_to_pay",
    "standing_of_seller",
    "sub_sellers_of",
    "transfers",
]
