"""Questions to the books; nothing is changed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce

from teahorse.common.statements import array, looked_up
from teahorse.ledger.models import JournalEntry, LedgerAccount, Posting
from teahorse.ledger.rules import account_id

BOOKED = """
    select entry.kind, entry.source_id
      from unnest(%b::text[], %s::uuid[]) as wanted (kind, source_id)
      join ledger_journalentry entry on entry.kind = wanted.kind and entry.source_id = wanted.source_id
"""


def booked(facts: Sequence[tuple[str, UUID]]) -> set[tuple[str, UUID]]:
    """Return which of these facts (kind, source) are in the books."""
    if not facts:
        return set()
    return {(kind, source) for kind, source in looked_up(BOOKED, [[kind for kind, _ in facts], array(source for _, source in facts)])}


def entries_of(facts: Iterable[tuple[str, UUID]]) -> list[JournalEntry]:
    """Return the entries of these facts with their postings and accounts, in the order in which things happened."""
    wanted = set(facts)
    found = JournalEntry.objects.filter(source_id__in={source for _, source in wanted}).prefetch_related("postings__account")
    return [entry for entry in found.order_by("occurred_at", "pk") if (entry.kind.removesuffix(" reversed"), entry.source_id) in wanted]


def balance(*, purpose: str, owner_id: UUID | None = None) -> int:
    """Return what stands on an account, in fen, debits positive; nothing where it does not exist yet."""
    found = LedgerAccount.objects.filter(pk=account_id(purpose, owner_id)).values_list("balance_fen", flat=True).first()
    return found or 0


def balances(*, owner_id: UUID | None) -> dict[str, int]:
    """Return what stands on each account of a party, by purpose."""
    return dict(LedgerAccount.objects.filter(owner_id=owner_id).order_by("purpose").values_list("purpose", "balance_fen"))


@dataclass(frozen=True, kw_only=True)
class Statement:
    """An account over a half-open window ``[starts_at, ends_at)``: opening + lines = closing."""

    opening_fen: int
    lines: list[Posting]
    closing_fen: int


def statement(*, purpose: str, owner_id: UUID | None = None, starts_at: datetime, ends_at: datetime) -> Statement:
    """Return the statement of an account by when things happened; a fact that was booked late stands where it happened."""
    account = account_id(purpose, owner_id)
    postings = Posting.objects.filter(account=account)
    opening = postings.filter(occurred_at__lt=starts_at).aggregate(fen=Coalesce(Sum("amount_fen"), 0))["fen"]
    within = postings.filter(occurred_at__gte=starts_at, occurred_at__lt=ends_at).select_related("entry")
    lines = list(within.order_by("occurred_at", "entry_id", "position"))
    opening_fen = int(opening)
    return Statement(opening_fen=opening_fen, lines=lines, closing_fen=opening_fen + sum(line.amount_fen for line in lines))


def postings_of(account: LedgerAccount, *, starts_at: datetime, ends_at: datetime) -> QuerySet[Posting]:
    """Return what moved an account in a half-open window, the newest first, with its entries."""
    within = Posting.objects.filter(account=account, occurred_at__gte=starts_at, occurred_at__lt=ends_at)
    return within.select_related("entry").order_by("-occurred_at", "-entry_id", "position")


def trial_balance() -> dict[str, int]:
    """Return the sum of all accounts of each purpose; together they are nothing."""
    sums = LedgerAccount.objects.values("purpose").annotate(fen=Sum("balance_fen")).order_by("purpose")
    return {row["purpose"]: int(row["fen"]) for row in sums}


def balances_that_do_not_add_up() -> QuerySet[LedgerAccount]:
    """Return the accounts whose balance is not the sum of their postings (``posted_fen``); there is never one."""
    posted = LedgerAccount.objects.annotate(posted_fen=Coalesce(Sum("postings__amount_fen"), 0))
    return posted.exclude(balance_fen=F("posted_fen")).order_by("pk")
