"""Giving a question a name, and having what it finds sent on (EPCIS 2.0, sections 12.7 and 12.8)."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Malformed, Refusal
from teahorse.people.models import Organisation
from teahorse.trace.actions.jobs import leave_telling
from teahorse.trace.epcis.asking import ask
from teahorse.trace.epcis.schedules import NotASchedule, schedule_of
from teahorse.trace.models import NamedQuery, Subscription
from teahorse.trace.reaching import NotAllowed, Why, addresses_of

BEIJING: Final = ZoneInfo("Asia/Shanghai")
MOST_QUERIES: Final = 200  # of an organisation
MOST_SUBSCRIPTIONS: Final = 20  # to a query
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,99}")


NOT_SENT = {
    Why.NOT_AN_ADDRESS: _("This is no address that events can be sent to: it names no host, or a user, or a part of a page."),
    Why.NOT_HTTPS: _("Events are sent to addresses that begin with https:// only."),
    Why.NOT_PUBLIC: _("This address is not a public one. Events are sent only where everybody could send something."),
    Why.LEADS_NOWHERE: _("The name in this address leads nowhere."),
}


class NameTaken(Refusal):
    """Another query of the organisation has this name."""

    code = "query_name_taken"
    sentence = _("A query named %(name)s is there already. Delete it first, or choose another name.")


class TooManyQueries(Refusal):
    """So many are kept that somebody should look."""

    code = "too_many_queries"
    sentence = _("More than %(most)d are not kept. Delete those that nobody needs.")


@transaction.atomic
def name_query(*, name: str, parameters: Mapping[str, Any], by: Organisation, now: datetime) -> NamedQuery:
    """
    Keep a question under a name; it can be asked from now on, and subscribed to.

    :raises NotAQuestion: if it is none; :raises Malformed: for such a name; :raises NameTaken, TooManyQueries: nothing is kept.
    """
    if not _NAME.fullmatch(name):
        raise Malformed(field="name", reason=_("A query's name has up to 100 letters, digits, dots, hyphens and underscores."))
    ask(parameters)
    if NamedQuery.objects.filter(organisation_id=by.pk).count() >= MOST_QUERIES:
        raise TooManyQueries(most=MOST_QUERIES)
    query = NamedQuery(county_id=by.county_id, organisation_id=by.pk, name=name, parameters=dict(parameters), created_at=now)
    try:
        with transaction.atomic():
            query.save(force_insert=True)
    except IntegrityError:
        raise NameTaken(name=name) from None
    return query


@transaction.atomic
def forget_query(*, query: NamedQuery) -> None:
    """Forget a query; nobody who subscribed to it is told anything any more."""
    query.delete()


@transaction.atomic
def subscribe(
    *,
    query: NamedQuery,
    dest: str,
    signature_token: str,
    schedule: Mapping[str, Any] | None,
    reports_if_empty: bool,
    since: datetime | None,
    now: datetime,
) -> Subscription:
    """
    Send what a query finds from ``since`` on (from now on): at once, or by a schedule of Beijing's clock.

    :raises Malformed: for an address that is not sent to, a schedule that cannot be read; :raises TooManyQueries: nothing is kept.
    """
    try:
        addresses_of(dest)
    except NotAllowed as error:
        raise Malformed(field="dest", reason=NOT_SENT[error.why]) from None
    if query.subscriptions.count() >= MOST_SUBSCRIPTIONS:
        raise TooManyQueries(most=MOST_SUBSCRIPTIONS)
    since = min(since or now, now)
    subscription = Subscription.objects.create(
        query=query,
        dest=dest,
        signature_token=signature_token,
        is_stream=schedule is None,
        schedule=dict(schedule or {}),
        reports_if_empty=reports_if_empty,
        since_at=since,
        created_at=now,
        told_until=since,
        next_at=now if schedule is None else next_time(schedule, after=now),
    )
    if subscription.is_stream:
        leave_telling()
    return subscription


@transaction.atomic
def unsubscribe(*, subscription: Subscription) -> None:
    """Send nothing any more; what was on its way is forgotten."""
    subscription.delete()


def next_time(schedule: Mapping[str, Any], *, after: datetime) -> datetime:
    """
    Return when a schedule is due next.

    :raises Malformed: if it cannot be read, or never comes.
    """
    try:
        return schedule_of(schedule).after(after.astimezone(BEIJING))
    except NotASchedule as error:
        raise Malformed(field="schedule" + (f".{error.field}" if error.field else ""), reason=error.told) from None
