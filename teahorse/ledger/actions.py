"""The only writers of the books: post what happened, reverse what was wrong."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.ids import new_ids
from teahorse.common.refusals import Refusal
from teahorse.common.statements import array, asked
from teahorse.ledger.models import JournalEntry
from teahorse.ledger.rules import Account, Entry, Line

POST = (Path(__file__).parent / "post.sql").read_text()
NULL = "null"


class AlreadyReversed(Refusal):
    """The entry was taken back before."""

    code = "already_reversed"
    sentence = _("This entry was reversed already.")


@transaction.atomic
def post(*, entries: Sequence[Entry], now: datetime) -> list[UUID]:
    """
    Book facts, each once, in one statement; return the keys of the entries that are new.

    A fact that is booked already is left as it is. The balances of all accounts move in the same transaction; their rows
    are locked in key order, so a transaction that posts once waits for nobody in a ring.

    :raises django.db.IntegrityError: if an entry does not balance; nothing is written.
    """
    return _write(entries, [NULL] * len(entries), now=now)


@transaction.atomic
def reverse(*, entry: JournalEntry, occurred_at: datetime, memo: str = "", now: datetime) -> JournalEntry:
    """
    Take an entry back by another one with every sign turned; both stay.

    :raises AlreadyReversed: if that was done before; nothing is changed.
    """
    postings = entry.postings.select_related("account").order_by("position")
    turned = Entry(
        kind=f"{entry.kind} reversed",
        source_id=entry.source_id,
        occurred_at=occurred_at,
        lines=[Line(Account(one.account.purpose, one.account.owner_id, one.account.county_id), -one.amount_fen) for one in postings],
        memo=memo,
    )
    written = _write([turned], [str(entry.pk)], now=now)
    if not written:
        raise AlreadyReversed
    return JournalEntry.objects.get(pk=written[0])


def _write(entries: Sequence[Entry], reverses: Sequence[str], *, now: datetime) -> list[UUID]:
    if not entries:
        return []
    accounts: dict[UUID, Account] = {}
    places: dict[UUID, int] = {}
    seen: dict[int, int] = {}
    """The places of the very objects: most entries share theirs, and to compare keys takes longer than all else here."""
    of_entries: list[int] = []
    positions: list[int] = []
    on_accounts: list[int] = []
    fen: list[int] = []
    for of_entry, entry in enumerate(entries, start=1):
        for position, (account, amount_fen) in enumerate(entry.lines, start=1):
            place = seen.get(id(account))
            if place is None:
                key = account.id
                accounts.setdefault(key, account)
                place = seen[id(account)] = places.setdefault(key, len(accounts))
            of_entries.append(of_entry)
            positions.append(position)
            on_accounts.append(place)
            fen.append(amount_fen)
    parameters: dict[str, Any] = {
        "accounts": list(accounts),
        "purposes": [account.purpose for account in accounts.values()],
        "owners": [account.owner_id for account in accounts.values()],
        "counties": [account.county_id for account in accounts.values()],
        "now": now,
        "entries": _plain(new_ids(len(entries))),
        "kinds": [entry.kind for entry in entries],
        "sources": array([entry.source_id for entry in entries]),
        "times": [entry.occurred_at for entry in entries],
        "memos": [entry.memo for entry in entries],
        "reverses": _plain(reverses),
        "of_entries": _plain(of_entries),
        "positions": _plain(positions),
        "on_accounts": _plain(on_accounts),
        "fen": _plain(fen),
    }
    return [key for (key,) in asked(POST, parameters)()]


def _plain(values: Iterable[object]) -> str:
    """Return numbers or keys as the text of a PostgreSQL array; much quicker than adapting them one by one."""
    return "{" + ",".join(map(str, values)) + "}"
