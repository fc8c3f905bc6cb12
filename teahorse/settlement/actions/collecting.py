"""
Fees go to whom they are for: what stands on her accounts of fees becomes payable, as one earning that an ordinary payout pays.

Fees of an order wait as its seller's earning does, until nothing can come back, and until a provider that holds them has shared
them out. What a refund takes back later makes less of what is collected the next time.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from teahorse.common.ids import new_id
from teahorse.ledger import actions as ledger
from teahorse.ledger.rules import Entry, lines
from teahorse.people.models import Organisation
from teahorse.settlement import accounts
from teahorse.settlement.actions.writing import NewEarning, write_earnings
from teahorse.settlement.models import Earning
from teahorse.settlement.queries import fees_to_collect


@transaction.atomic
def collect_fees(*, beneficiary_ids: Collection[UUID], now: datetime) -> list[NewEarning]:
    """
    Make payable what organisations have got as fees by now, one earning for each that gets something; return the earnings.

    Who has less than nothing keeps it standing against her next fees. The house's own fees stay with the house. Harmless twice: of
    two callers at once the second waits, and finds what the first has left.
    """
    # one collecting at a time for an organisation: its row is the lock, taken in key order; accounts are only read after it
    asked = Organisation.objects.select_for_update(no_key=True).filter(pk__in=beneficiary_ids).order_by("pk")
    counties = dict(asked.values_list("pk", "county_id"))
    collected, entries = [], []
    for found in fees_to_collect(counties):
        if found.amount_fen <= 0:
            continue
        key, owner = new_id(), found.beneficiary.pk
        taken = [(accounts.fees(kind, owner), fen) for kind, fen in found.kinds]
        payable = accounts.of_seller("payable", owner, counties[owner])
        entries.append(Entry(accounts.FEES_COLLECTED, key, now, lines(*taken, (payable, -found.amount_fen))))
        collected.append(
            NewEarning(
                id=key,
                county_id=counties[owner],
                seller_id=owner,
                kind=Earning.Kind.FEES.value,
                source_id=key,
                order_id=None,
                amount_fen=found.amount_fen,
                earned_at=now,
            )
        )
    write_earnings(collected)
    ledger.post(entries=entries, now=now)
    return collected
