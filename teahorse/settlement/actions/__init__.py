"""Every change of fees, earnings, payouts and differences, by topic."""

from teahorse.settlement.actions.bank import AnswerUnreadable, NothingToSend, import_bank_answer, make_bank_file
from teahorse.settlement.actions.booking import book_forgotten, book_payments, book_refunds, book_sales
from teahorse.settlement.actions.claiming import (
    ClaimPaid,
    ClaimWithdrawn,
    NothingToClaim,
    NotTheLastClaim,
    claim_subsidies,
    withdraw_claim,
)
from teahorse.settlement.actions.collecting import collect_fees
from teahorse.settlement.actions.comparing import ask_to_compare, compare, run_comparison
from teahorse.settlement.actions.dividing import MoreThanTheWhole, add_sub_seller, divide_product, end_sub_seller
from teahorse.settlement.actions.four_eyes import PaysHerself
from teahorse.settlement.actions.maturing import mature_earnings
from teahorse.settlement.actions.paying_out import (
    FourEyes,
    NoAccount,
    NotADraft,
    NotOnItsWay,
    NotToSend,
    OwnPayout,
    approve_payout,
    confirm_payout,
    drop_payout,
    pay_out_in_cash,
    prepare_payouts,
    return_payout,
    send_payouts,
    tell_account,
)
from teahorse.settlement.actions.reconciling import NoReason, NotOpen, explain_difference, reconcile
from teahorse.settlement.actions.ruling import add_fee_rule, end_fee_rule
from teahorse.settlement.actions.sharing_out import book_share_returns, book_sharings, release_sales, retry_share, share_payouts
from teahorse.settlement.actions.transferring import (
    AlreadyUndone,
    BankNumberKnown,
    MoreThanIsOpen,
    MoreThanIsThere,
    bring_cash_to_bank,
    receive_claim,
    transfer_to_bank,
    undo_transfer,
)

__all__ = [
    "AlreadyUndone",
    "AnswerUnreadable",
    "BankNumberKnown",
    "ClaimPaid",
    "ClaimWithdrawn",
    "FourEyes",
    "MoreThanIsOpen",
    "MoreThanIsThere",
    "MoreThanTheWhole",
    "NoAccount",
    "NoReason",
    "NotADraft",
    "NotOnItsWay",
    "NotOpen",
    "NotTheLastClaim",
    "NotToSend",
    "NothingToClaim",
    "NothingToSend",
    "OwnPayout",
    "PaysHerself",
    "add_fee_rule",
    "add_sub_seller",
    "approve_payout",
    "ask_to_compare",
    "book_forgotten",
    "book_payments",
    "book_refunds",
    "book_sales",
    "book_share_returns",
    "book_sharings",
    "bring_cash_to_bank",
    "claim_subsidies",
    "collect_fees",
    "compare",
    "confirm_payout",
    "divide_product",
    "drop_payout",
    "end_fee_rule",
    "end_sub_seller",
    "explain_difference",
    "import_bank_answer",
    "make_bank_file",
    "mature_earnings",
    "pay_out_in_cash",
    "prepare_payouts",
    "receive_claim",
    "reconcile",
    "release_sales",
    "retry_share",
    "return_payout",
    "run_comparison",
    "send_payouts",
    "share_payouts",
    "tell_account",
    "transfer_to_bank",
    "undo_transfer",
    "withdraw_claim",
]
