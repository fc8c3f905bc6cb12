"""What differs in the books, and what a difference is about."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from teahorse.ledger.models import LedgerAccount
from teahorse.ledger.rules import account_id
from teahorse.orders.models import SellerOrder
from teahorse.people.models import Organisation
from teahorse.settlement.models import (
    Comparison,
    Difference,
    Sale,
    SubsidyClaim,
)
from teahorse.settlement.queries.orders import orders_of_keys

OF_ACCOUNTS = ("balance and its postings", "account and what it stands for")
OF_BEARERS = "subsidies owed"


def open_differences(*, owner_ids: Collection[UUID], is_house: bool) -> QuerySet[Difference]:
    """Return the differences that organisations have to look at, the most urgent first; the house's too where asked."""
    whose = Q(owner_id__in=owner_ids)
    if is_house:
        whose |= Q(owner_id=None)
    return Difference.objects.filter(whose, state=Difference.State.OPEN).order_by("due_at", "pk")


@dataclass(frozen=True)
class Subject:
    """What a difference is about, as far as it can be found: an account and whose it is, an order's sale, or a claim."""

    account: LedgerAccount | None = None
    owner: Organisation | None = None
    sale: Sale | None = None
    claim: SubsidyClaim | None = None


def subjects_of(differences: Collection[Difference]) -> dict[UUID, Subject]:
    """Return what differences are about, by their keys."""
    words = {row.pk: row.subject.rpartition(" ")[2] for row in differences}  # of several words the last one is an order's number
    of_accounts = {row.pk: key for row in differences if (key := _account_of(row))}
    accounts = LedgerAccount.objects.in_bulk(of_accounts.values())
    owners = Organisation.objects.in_bulk([one.owner_id for one in accounts.values()])
    orders = _orders_of(set(words.values()))
    sales = Sale.objects.in_bulk(orders.values())
    claims = {one.number: one for one in SubsidyClaim.objects.filter(number__in=words.values())}
    subjects = {}
    for key, word in words.items():
        account = accounts.get(of_accounts[key]) if key in of_accounts else None
        owner = owners.get(account.owner_id) if account and account.owner_id else None
        sale = sales.get(orders[word]) if word in orders else None
        subjects[key] = Subject(account=account, owner=owner, sale=sale, claim=claims.get(word))
    return subjects


def _account_of(row: Difference) -> UUID | None:
    """Return the key of the account that a difference is about, where it is about one."""
    if row.kind == OF_BEARERS:
        return account_id("subsidy", UUID(row.subject))
    if row.kind not in OF_ACCOUNTS:
        return None
    purpose, _space, owner = row.subject.partition(" ")
    return account_id(purpose, UUID(owner) if owner else None)


def _orders_of(words: Collection[str]) -> dict[str, UUID]:
    """Return the orders of those of some words that are an order's number, or the key of something of one."""
    of_groups = SellerOrder.objects.filter(group__number__in={word.partition("-")[0] for word in words})  # by that number they are found
    found = dict(of_groups.filter(number__in=words).values_list("number", "pk"))
    keys = [UUID(word) for word in words if _is_key(word)]
    return found | {str(key): order_id for key, order_id in orders_of_keys(keys).items()}


def _is_key(word: str) -> bool:
    try:
        return str(UUID(word)) == word
    except ValueError:
        return False


def last_comparison() -> Comparison | None:
    """Return the comparing of the books that is under way, else the last one."""
    return Comparison.objects.order_by("-asked_at", "-pk").first()
