"""Promotions to test with."""

from datetime import datetime, timedelta
from uuid import UUID

from teahorse.people.models import Organisation
from teahorse.promotions.actions import Draft, offer_promotion
from teahorse.promotions.models import Promotion
from tests import world
from tests.world import NOW


def platform() -> Organisation:
    """Return the region's centre."""
    return world.organisation("region", kind="region_centre", code="540502")


def centre() -> Organisation:
    """Return Qonggyai's centre."""
    return world.organisation("centre", kind="county_centre")


def promotion(owner: Organisation, *, title: str = "优惠", now: datetime = NOW, key: UUID | None = None, **more) -> Promotion:
    """Return a promotion that began an hour ago and runs for thirty days."""
    terms = {"kind": "automatic", "starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(days=30), **more}
    return offer_promotion(owner=owner, draft=Draft(titles={"zh-hans": title}, **terms), by=None, now=now, key=key)
