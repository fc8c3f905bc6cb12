"""Whose hands a payout does not go through: those of who gets its money."""

from collections.abc import Collection
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Refusal
from teahorse.people import queries as people
from teahorse.settlement.models import Payout


class PaysHerself(Refusal):
    """The person belongs to the organisation (``payee``) that a payout (``number``) is for."""

    code = "pays_herself"
    sentence = _(
        "You belong to %(payee)s, whom payout %(number)s is for. Who gets the money neither approves nor pays it, nor says what "
        "became of it: somebody else does. Nothing was changed."
    )


def check_hands(payouts: Collection[Payout], *, by_id: UUID | None) -> None:
    """
    Go on only where none of some payouts, which have their ``seller`` with them, is for an organisation of the person's.

    Who left it after one was prepared is still looked upon as one of it. What nobody does, a provider or the clock, passes.

    :raises PaysHerself: if one is; the first of them is named.
    """
    if by_id is None or not payouts:
        return
    since = min(payout.prepared_at for payout in payouts)
    hers = people.belongs_to(person_id=by_id, organisation_ids={payout.seller_id for payout in payouts}, since=since)
    for payout in payouts:
        if payout.seller_id in hers:
            raise PaysHerself(number=payout.number, payee=payout.seller.name)
