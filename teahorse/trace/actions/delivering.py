"""
Telling subscribers what is new: whoever looks writes down what is to be sent, in one transaction; a job sends it.

A telling looks back a little further than to where the one before looked, because a capture that began earlier may end later,
and leaves out what is in a delivery already. So every event is sent, each in one delivery; a delivery whose answer was lost is sent again.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Func, Q, QuerySet, UUIDField

from teahorse.people.models import Organisation
from teahorse.trace import queries
from teahorse.trace.actions.jobs import leave_sending
from teahorse.trace.actions.subscribing import next_time
from teahorse.trace.epcis.asking import ask
from teahorse.trace.epcis.writing import Answered
from teahorse.trace.models import Delivery, Retelling, Subscription, TraceEvent
from teahorse.trace.reaching import NotAllowed, NotReached, post, signature_of
from teahorse.trace.showing import document_of

LOOKS_BACK: Final = timedelta(minutes=1)
"""How long a capture may take from its time of record to its commit."""
SWEEPS_EVERY: Final = timedelta(minutes=1)
"""How often streams are looked after though no capture asked for it."""
MOST_IN_ONE: Final = 500
FAILS_FOR: Final = timedelta(hours=2)
"""A subscriber that takes nothing for so long is not tried any more."""
KEPT: Final = timedelta(days=7)


class NotDelivered(Exception):
    """The subscriber did not take it; it is tried again, later and later."""


def tell_streams(*, now: datetime) -> None:
    """Write down what is new for everyone who wants to know at once."""
    for key in _live().filter(is_stream=True).order_by("pk").values_list("pk", flat=True):
        tell(subscription_id=key, now=now)


def tell_due(*, now: datetime) -> None:
    """Write down what is new for everyone whose time has come."""
    for key in _live().filter(next_at__lte=now).order_by("next_at").values_list("pk", flat=True):
        tell(subscription_id=key, now=now)


@transaction.atomic
def tell(*, subscription_id: UUID, now: datetime) -> list[Delivery]:
    """Write down what is new for a subscriber, in parts of :data:`MOST_IN_ONE`; a paused one, or one that has left, is told nothing."""
    subscription = _live().select_for_update(of=("self",)).filter(pk=subscription_id).first()
    if subscription is None:
        return []
    events = _new(subscription, now)
    parts = [events[first : first + MOST_IN_ONE] for first in range(0, len(events), MOST_IN_ONE)]
    if not parts and subscription.reports_if_empty and not subscription.is_stream:
        parts = [[]]
    deliveries = Delivery.objects.bulk_create([Delivery(subscription=subscription, events=part, created_at=now) for part in parts])
    for delivery in deliveries:
        leave_sending(delivery_id=delivery.pk, subscription_id=subscription.pk)
    subscription.told_until = max(now, subscription.told_until)
    subscription.next_at = now + SWEEPS_EVERY if subscription.is_stream else next_time(subscription.schedule, after=now)
    subscription.save(update_fields=["told_until", "next_at"])
    return deliveries


def _live() -> QuerySet[Subscription]:
    """Return the subscriptions that are not paused, of organisations that are still here."""
    here = Organisation.objects.filter(left_at=None)
    return Subscription.objects.select_related("query").filter(paused_at=None, query__organisation_id__in=here.values("pk"))


def _new(subscription: Subscription, now: datetime) -> list[UUID]:
    """Return what a subscriber's query finds that is in none of his deliveries yet, as it came."""
    since = max(subscription.told_until - LOOKS_BACK, subscription.since_at)
    told = Delivery.objects.filter(subscription=subscription, created_at__gte=since)
    known = told.annotate(event=Func(F("events"), function="unnest", output_field=UUIDField())).values("event")
    question = ask(subscription.query.parameters)
    organisation_id = subscription.query.organisation_id
    came = Q(recorded_at__gte=since, recorded_at__lte=now)
    again = Retelling.objects.filter(organisation_id=organisation_id, told_at__gte=since, told_at__lte=now)
    if again.exists():  # asked for itself, so that all others' events are read off one index
        came |= Q(pk__in=again.values("event_id"))
    new = queries.found(question, organisation_id=organisation_id).filter(came).exclude(pk__in=known)
    return list(new.order_by("recorded_at", "pk").values_list("pk", flat=True))


def send_delivery(*, delivery_id: UUID, now: datetime) -> None:
    """
    Send a delivery that was not sent yet; harmless twice. Where the subscriber took nothing for :data:`FAILS_FOR`, it is paused.

    :raises NotDelivered: if it was not taken, and is to be tried again.
    """
    delivery = Delivery.objects.filter(pk=delivery_id, sent_at=None).first()
    subscription = _live().filter(pk=delivery.subscription_id).first() if delivery else None
    if delivery is None or subscription is None:
        return
    events = TraceEvent.objects.filter(pk__in=delivery.events).order_by("recorded_at", "pk")
    body = document_of(events, now=now, answered=Answered(subscription.query.name, str(subscription.pk)))
    headers = {"Content-Type": "application/ld+json", "GS1-EPCIS-Version": "2.0", "GS1-CBV-Version": "2.0"}
    if subscription.signature_token:
        headers["GS1-Signature"] = signature_of(body, subscription.signature_token)
    try:
        post(subscription.dest, body, headers=headers)
    except (NotAllowed, NotReached) as error:
        if not _has_failed(subscription, str(error), now=now):
            raise NotDelivered(str(error)) from error
        return
    Delivery.objects.filter(pk=delivery.pk).update(sent_at=now)
    Subscription.objects.filter(pk=subscription.pk).exclude(failing_since=None).update(failing_since=None, trouble="")


def _has_failed(subscription: Subscription, why: str, *, now: datetime) -> bool:
    """Write down that a subscriber took nothing; return whether it is paused for it."""
    since = subscription.failing_since or now
    is_over = now - since >= FAILS_FOR
    Subscription.objects.filter(pk=subscription.pk).update(failing_since=since, trouble=why[:300], paused_at=now if is_over else None)
    return is_over


def sweep_deliveries(*, now: datetime) -> None:
    """Forget what was sent long ago, and what a paused subscriber did not take."""
    old = Q(sent_at__lt=now - KEPT) | Q(subscription__paused_at__lt=now - KEPT)
    Delivery.objects.filter(old, created_at__lt=now - KEPT).delete()
