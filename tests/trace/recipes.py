"""A flow to tell by: barley is bought and brewed over months, wine is drawn, sampled, bottled and handed over."""

from decimal import Decimal
from uuid import uuid4

from teahorse.demo.flows import parts_and_steps
from teahorse.demo.reading import read
from teahorse.trace import actions
from teahorse.trace.answers import Answers, Given, Taken
from teahorse.trace.models import Flow, Lot, Telling, TraceEvent, TradeItem
from tests import world

ZH = {"zh-hans": "名"}


def demo_row(key):
    return next(row for row in read("flows.toml")["flow"] if row["key"] == key)


def published(key="barley-wine", *, centre=None, now=world.NOW, change=None):
    """Return a flow of the demo, published by the county's centre."""
    parts, steps = parts_and_steps(demo_row(key))
    if change:
        change(parts, steps)
    owner = centre or world.organisation("centre-qonggyai", kind="county_centre")
    made, _ = Flow.objects.get_or_create(
        owner=owner,
        key=key,
        published_at__isnull=False,
        retired_at=None,
        defaults={
            "version": Flow.objects.filter(owner=owner, key=key).count() + 1,
            "county_id": owner.county_id, "name": key, "parts": parts, "steps": steps, "written_at": now, "published_at": now,
        },
    )  # fmt: skip
    return made


def gives(**amounts):
    return tuple(Given(part.replace("_", "-"), Decimal(amount)) for part, amount in amounts.items())


def takes(*lots, amount=None):
    return tuple(Taken(lot.pk, Decimal(amount) if amount is not None else None) for lot in lots)


def tell(seller, step, *, by, flow=None, key=None, now=world.NOW, given=(), taken=(), site=None, attachments=(), device_at=None, **answers):
    """Tell a step and return the telling."""
    return actions.tell_step(
        key=key or uuid4(),
        seller=seller,
        flow=flow or published(),
        step=step,
        answers=Answers(gives=given, takes=taken, **answers),
        site=site,
        attachments=attachments,
        device_at=device_at,
        by=by,
        now=now,
    )


def counted():
    """Return how many tellings, events, lots and kinds of goods there are."""
    return (Telling.objects.count(), TraceEvent.objects.count(), Lot.objects.count(), TradeItem.objects.count())


def lot_of(telling, part=None):
    """Return a lot that came of a telling."""
    given = telling.said["given"]
    return Lot.objects.select_related("item__seller").get(pk=given[part] if part else next(iter(given.values())))
