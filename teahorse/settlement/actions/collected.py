"""What a seller collected herself of a sale: what her provider lets be taken out of it for fees, and what others have of it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from teahorse.common.money import allot
from teahorse.ledger.rules import Account
from teahorse.payments.providers import MOST_SHARED_BP
from teahorse.settlement import accounts, rules
from teahorse.settlement.actions.writing import NewFee
from teahorse.settlement.facts import Part, RefundFact, SharingFact
from teahorse.settlement.models import FeeLine, SharedFee


@dataclass(slots=True)
class Own:
    """A part that the seller collected herself: what is left of it as far as it is booked, and how it is shared out."""

    part: Part
    left_fen: int
    sharing: SharingFact | None
    shared: list[SharedFee]
    is_new: bool = False
    """Whether it was paid after the end, and is not booked."""

    @property
    def most_fen(self) -> int:
        """What its provider lets be taken out of it for fees; nothing where it gives the seller all at once."""
        return max(0, self.left_fen) * MOST_SHARED_BP.get(self.part.provider, 0) // rules.WHOLE_BP

    @property
    def taken_fen(self) -> int | None:
        """What of the fees is in shares of it, her own with them; nothing is said while it is not shared out."""
        if self.sharing is None or self.sharing.is_refused:
            return None
        return sum(one.left_fen for one in self.shared if not one.is_kept)

    @property
    def others(self) -> list[SharedFee]:
        """What of the fees others got, or get, of it."""
        if self.sharing is None or self.sharing.is_refused:
            return []
        return [one for one in self.shared if not one.is_kept and one.account_id != self.part.account_id]

    def coming_back(self, refund: RefundFact) -> dict[UUID, int]:
        """Return what of each fee comes back for a refund out of it, as the provider was told of each receiver."""
        if self.sharing is None:
            return {}
        receivers = {share.id: share.account_id for share in self.sharing.shares}
        found: dict[UUID, int] = {}
        for back in refund.returns:
            of_receiver = [row for row in self.others if row.account_id == receivers.get(back.line_id)]
            lefts = [row.left_fen for row in of_receiver]
            found.update(zip((row.fee_id for row in of_receiver), allot(min(back.amount_fen, sum(lefts)), lefts), strict=True))
        return found

    def account_of(self, row: SharedFee) -> Account:
        """Return on whose account a shared fee stands when it was handed out: the house owes it on, the others have it."""
        if row.account_id is None:
            return accounts.at_provider(self.part.provider)
        return accounts.fees(row.fee.kind, row.fee.beneficiary_id)


def shared_parts(parts: Sequence[Own], fees: Sequence[FeeLine | NewFee], back: dict[UUID, int]) -> list[rules.SharedPart]:
    """Return what of each of a sale's fees others have as shares of its parts, and what of that comes back."""
    if not parts:
        return []
    left: dict[UUID, int] = defaultdict(int)
    for row in (row for one in parts for row in one.others):
        left[row.fee_id] += row.left_fen
    return [rules.SharedPart(left[fee.pk], back.get(fee.pk, 0)) for fee in fees]
