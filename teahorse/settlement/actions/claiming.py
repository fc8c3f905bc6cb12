"""
Subsidies are claimed: what a budget bears of orders that buyers have is asked for in writing, each once.

What was claimed and then came back with a refund is taken off the next claim. That a claim was paid is written down in
``transferring.py``, as everything is that reaches the bank.
"""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.ids import new_id, readable
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.times import HOME
from teahorse.ledger import actions as ledger
from teahorse.ledger.models import JournalEntry
from teahorse.ledger.rules import Entry, lines
from teahorse.people.models import Organisation, Person
from teahorse.settlement import accounts
from teahorse.settlement.claims import claimable
from teahorse.settlement.models import SubsidyClaim, SubsidyClaimLine

SHORTEST_REASON, LONGEST_REASON = 4, 200


class NothingToClaim(Refusal):
    """By the day nothing is to be claimed of the payer, or what is taken off is no less (``open_fen``)."""

    code = "nothing_to_claim"
    sentence = _("Up to this day there is nothing to claim. Somebody was quicker, or as much has gone back.")


class ClaimWithdrawn(Refusal):
    """The claim was withdrawn."""

    code = "claim_withdrawn"
    sentence = _("This claim was withdrawn.")


class ClaimPaid(Refusal):
    """Money has come for the claim (``received_fen``)."""

    code = "claim_paid"
    sentence = _("Money has come for this claim. Undo that first, if it was written down wrongly.")


class NotTheLastClaim(Refusal):
    """The payer was claimed of since, in ``number``; what goes back is counted from claim to claim."""

    code = "not_the_last_claim"
    sentence = _("Claim %(number)s was made after this one. Withdraw that one first.")


@transaction.atomic
def claim_subsidies(*, payer: Organisation, house: Organisation, until_date: date, by: Person, now: datetime) -> SubsidyClaim:
    """
    Claim for a house what a payer bears of orders that buyers have had by the end of a day, less what came back of claimed ones.

    :raises Malformed: for a day that is not over.
    :raises NothingToClaim: if that is no more than nothing; of two at once the second finds nothing left. Nothing is changed in either.
    """
    if until_date >= now.astimezone(HOME).date():
        raise Malformed(field="until", reason=_("Choose a day that is over: yesterday, or earlier."))
    Organisation.objects.select_for_update(no_key=True).get(pk=payer.pk)  # one claiming at a time of a payer; lines are read after it
    found = claimable([payer.pk], until_date=until_date)
    amount_fen = sum(one.amount_fen for one in found)
    if amount_fen <= 0:
        raise NothingToClaim(open_fen=amount_fen)
    key = new_id()
    made = SubsidyClaim.objects.create(
        id=key,
        payer=payer,
        house=house,
        number=readable("S", key, at=now),
        since_date=min(one.day for one in found if one.amount_fen > 0),
        until_date=until_date,
        amount_fen=amount_fen,
        made_at=now,
        made_by_id=by.pk,
    )
    SubsidyClaimLine.objects.bulk_create(
        [SubsidyClaimLine(claim=made, subsidy_id=one.subsidy_id, amount_fen=one.amount_fen, before_fen=one.before_fen) for one in found]
    )
    moved = lines((accounts.claimed(payer.pk), amount_fen), (accounts.subsidy(payer.pk), -amount_fen))
    ledger.post(entries=[Entry(accounts.SUBSIDIES_CLAIMED, key, now, moved, made.number)], now=now)
    return made


@transaction.atomic
def withdraw_claim(*, claim_id: UUID, reason: str, by: Person, now: datetime) -> SubsidyClaim:
    """
    Take the last claim of a payer back, by a reversing entry; what it asked for is claimed anew.

    :raises Malformed: without a reason of four characters or more.
    :raises ClaimWithdrawn: if somebody was quicker.
    :raises ClaimPaid: if money has come for it.
    :raises NotTheLastClaim: if the payer was claimed of since. Nothing is changed in any of these.
    """
    reason = reason_of(reason)
    payer_id = SubsidyClaim.objects.values_list("payer", flat=True).get(pk=claim_id)
    Organisation.objects.select_for_update(no_key=True).get(pk=payer_id)
    claim = SubsidyClaim.objects.select_for_update().get(pk=claim_id)
    if claim.withdrawn_at is not None:
        raise ClaimWithdrawn
    if claim.received_fen:
        raise ClaimPaid(received_fen=claim.received_fen)
    later = SubsidyClaim.objects.filter(payer=payer_id, withdrawn_at=None, pk__gt=claim.pk).order_by("pk").last()
    if later is not None:
        raise NotTheLastClaim(number=later.number)
    claim.withdrawn_at, claim.withdrawn_by_id, claim.reason = now, by.pk, reason
    claim.save(update_fields=["withdrawn_at", "withdrawn_by_id", "reason"])
    claim.lines.update(is_withdrawn=True)
    entry = JournalEntry.objects.get(kind=accounts.SUBSIDIES_CLAIMED, source_id=claim.pk)
    ledger.reverse(entry=entry, occurred_at=now, memo=claim.number, now=now)
    return claim


def reason_of(typed: str) -> str:
    """Return why something is taken back, as it is kept. :raises Malformed: if it says nothing."""
    reason = " ".join(typed.split())
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise Malformed(field="reason", reason=_("Write why, in 4 to 200 characters."))
    return reason
