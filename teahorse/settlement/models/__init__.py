"""Fees, earnings, payouts, and the households a seller buys from. What a sale costs its seller is frozen when it is paid."""

from teahorse.settlement.models.claim import SubsidyClaim, SubsidyClaimLine
from teahorse.settlement.models.difference import Comparison, Difference
from teahorse.settlement.models.earning import Earning, Maturity
from teahorse.settlement.models.household import Division, OpenBook, SubSeller, SubSellerShare
from teahorse.settlement.models.payout import BankFile, Payout, PayoutAccount, PayoutEvent
from teahorse.settlement.models.sale import FeeLine, FeeReversal, FeeRule, Sale, Share, SharedFee, SubsidyLine
from teahorse.settlement.models.transfer import Transfer

__all__ = [
    "BankFile",
    "Comparison",
    "Difference",
    "Division",
    "Earning",
    "FeeLine",
    "FeeReversal",
    "FeeRule",
    "Maturity",
    "OpenBook",
    "Payout",
    "PayoutAccount",
    "PayoutEvent",
    "Sale",
    "Share",
    "SharedFee",
    "SubSeller",
    "SubSellerShare",
    "SubsidyClaim",
    "SubsidyClaimLine",
    "SubsidyLine",
    "Transfer",
]
