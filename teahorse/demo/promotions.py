"""Promotions of the demo region, offered by the real action. What is there is left as it is."""

from datetime import datetime, timedelta

from teahorse.demo.keys import key_of
from teahorse.demo.reading import Row, read, words
from teahorse.people.models import Organisation
from teahorse.promotions import actions as promotions
from teahorse.promotions.models import Promotion

TERMS = ("percent_bp", "off_fen", "threshold_fen", "per_person", "budget_fen", "code")
BEGAN = timedelta(days=40)


def load_promotions(*, now: datetime) -> None:
    """Offer the promotions that are not there; they began before the oldest orders that use them."""
    rows = read("promotions.toml")["promotion"]
    known = set(Promotion.objects.filter(pk__in=[key_of("promotion", row["key"]) for row in rows]).values_list("pk", flat=True))
    owners = {owner.key: owner for owner in Organisation.objects.filter(key__in={row["of"] for row in rows})}
    for row in rows:
        if key_of("promotion", row["key"]) not in known:
            _offer(row, owners[row["of"]], now)


def _offer(row: Row, owner: Organisation, now: datetime) -> None:
    draft = promotions.Draft(
        kind=row["kind"],
        titles=words(row["title"]),
        starts_at=now - BEGAN,
        ends_at=now + timedelta(days=row["days"]),
        **{name: row[name] for name in TERMS if name in row},
    )
    promotions.offer_promotion(owner=owner, draft=draft, by=None, now=now - BEGAN, key=key_of("promotion", row["key"]))
