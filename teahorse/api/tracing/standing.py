"""Queries with a name, and subscriptions to them by webhook (EPCIS 2.0, sections 12.7 and 12.8)."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from msgspec import Meta

from teahorse.api.tracing.asking import answer, asked
from teahorse.api.tracing.doors import asker, body_of, json, nothing, problem, told
from teahorse.api.tracing.paging import SIZE, TOKEN, Paging
from teahorse.common.refusals import Malformed, NotThere
from teahorse.trace import actions
from teahorse.trace.epcis.asking import NotAQuestion, ask
from teahorse.trace.epcis.problems import Problem, Reason, pointed
from teahorse.trace.models import NamedQuery, Subscription

NUL = rb"\u0000"


class NotReadable(Exception):
    """The body is not what is wanted here; the words say why."""


class QueryDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question with a name, as it is sent."""

    name: str
    query: dict[str, Any]


class SubscriptionDraft(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A wish to be told, as it is sent: at once (``stream``) or by a schedule."""

    dest: Annotated[str, Meta(max_length=1000)]
    signature_token: Annotated[str, Meta(max_length=200)] = ""
    stream: bool = False
    schedule: dict[str, Any] | None = None
    report_if_empty: bool = False
    initial_record_time: Annotated[datetime, Meta(tz=True)] | None = None


# --- Queries


def make_query(request: HttpRequest) -> HttpResponse:
    """Keep a question under a name."""
    organisation = asker(request)
    try:
        draft = _decoded(request, QueryDraft)
        query = actions.name_query(name=draft.name, parameters=draft.query, by=organisation, now=timezone.now())
    except NotReadable as error:
        return _refused("QueryValidationException", str(error))
    except NotAQuestion as error:
        return problem(HTTPStatus.BAD_REQUEST, "QueryValidationException", told(error.problems, under="/query"))
    except Malformed as error:
        return _refused("QueryValidationException", str(error), field=error.field)
    place = reverse("epcis_query", kwargs={"query_name": query.name})
    return json(_shown_query(query), status=HTTPStatus.CREATED, headers={"Location": place})


@asked
def list_queries(request: HttpRequest) -> HttpResponse:
    """Return the organisation's queries by their names."""
    organisation = asker(request)
    paging = Paging(request, organisation.pk)
    named = NamedQuery.objects.filter(organisation_id=organisation.pk, name__gt=paging.after() or "").order_by("name")
    found = list(named[: paging.size + 1])
    shown = found[: paging.size]
    following = shown[-1].name if len(found) > len(shown) else None
    return json([_shown_query(query) for query in shown], headers=paging.headers(following))


def show_query(request: HttpRequest, query_name: str) -> HttpResponse:
    """Return a query as it was written."""
    return json(_shown_query(_query(request, query_name)))


def forget_query(request: HttpRequest, query_name: str) -> HttpResponse:
    """Forget a query with its subscriptions."""
    actions.forget_query(query=_query(request, query_name))
    return nothing()


@asked
def find_events(request: HttpRequest, query_name: str) -> HttpResponse:
    """Return what a query finds now."""
    query = _query(request, query_name)
    if unknown := request.GET.keys() - {SIZE, TOKEN}:
        told_why = "a query that has a name knows no other parameters"
        raise NotAQuestion([Problem(pointed(name), Reason.UNKNOWN_FIELD, told_why) for name in sorted(unknown)])
    return answer(request, ask(query.parameters), organisation_id=query.organisation_id, name=query.name)


def _query(request: HttpRequest, name: str) -> NamedQuery:
    query = NamedQuery.objects.filter(organisation_id=asker(request).pk, name=name).first()
    if query is None:
        raise NotThere
    return query


def _shown_query(query: NamedQuery) -> dict[str, Any]:
    return {"name": query.name, "query": query.parameters, "createdAt": query.created_at}


# --- Subscriptions


def make_subscription(request: HttpRequest, query_name: str) -> HttpResponse:
    """Have what a query finds sent to an address."""
    query = _query(request, query_name)
    try:
        draft = _decoded(request, SubscriptionDraft)
        if draft.stream == (draft.schedule is not None):
            return _refused("SubscriptionControlsException", "say either stream: true or a schedule", field="schedule")
        subscription = actions.subscribe(
            query=query,
            dest=draft.dest,
            signature_token=draft.signature_token,
            schedule=draft.schedule,
            reports_if_empty=draft.report_if_empty,
            since=draft.initial_record_time,
            now=timezone.now(),
        )
    except NotReadable as error:
        return _refused("ValidationException", str(error))
    except Malformed as error:
        exception = "InvalidURIException" if error.field == "dest" else "SubscriptionControlsException"
        return _refused(exception, str(error), field=error.field)
    place = reverse("epcis_subscription", kwargs={"query_name": query.name, "subscription_id": subscription.pk})
    return json(_shown(subscription, query), status=HTTPStatus.CREATED, headers={"Location": place})


@asked
def list_subscriptions(request: HttpRequest, query_name: str) -> HttpResponse:
    """Return who is told what a query finds."""
    query = _query(request, query_name)
    paging = Paging(request, query.pk)
    after = paging.after()
    made = query.subscriptions.filter(pk__gt=UUID(after)) if after else query.subscriptions.all()
    found = list(made.order_by("pk")[: paging.size + 1])
    shown = found[: paging.size]
    following = str(shown[-1].pk) if len(found) > len(shown) else None
    return json([_shown(subscription, query) for subscription in shown], headers=paging.headers(following))


def show_subscription(request: HttpRequest, query_name: str, subscription_id: UUID) -> HttpResponse:
    """Return a subscription, and whether it is paused."""
    query = _query(request, query_name)
    return json(_shown(_subscription(query, subscription_id), query))


def end_subscription(request: HttpRequest, query_name: str, subscription_id: UUID) -> HttpResponse:
    """Send nothing there any more."""
    actions.unsubscribe(subscription=_subscription(_query(request, query_name), subscription_id))
    return nothing()


def _subscription(query: NamedQuery, key: UUID) -> Subscription:
    subscription = query.subscriptions.filter(pk=key).first()
    if subscription is None:
        raise NotThere
    return subscription


def _shown(subscription: Subscription, query: NamedQuery) -> dict[str, Any]:
    """Return a subscription without its token, which only who wrote it knows."""
    when = (
        {"stream": True} if subscription.is_stream else {"schedule": subscription.schedule, "reportIfEmpty": subscription.reports_if_empty}
    )
    trouble = {"failingSince": subscription.failing_since, "trouble": subscription.trouble} if subscription.failing_since else {}
    return {
        "subscriptionID": str(subscription.pk),
        "queryName": query.name,
        "dest": subscription.dest,
        "createdAt": subscription.created_at,
        "initialRecordTime": subscription.since_at,
        "minRecordTime": subscription.told_until,
        **when,
        "paused": subscription.paused_at is not None,
        **({"pausedAt": subscription.paused_at} if subscription.paused_at else {}),
        **trouble,
    }


D = TypeVar("D", QueryDraft, SubscriptionDraft)


def _decoded(request: HttpRequest, kind: type[D]) -> D:
    """
    Return what a body says.

    :raises NotReadable: if it is no JSON, or not of this form, or holds a character that databases do not.
    """
    body = body_of(request)
    if NUL in body:
        msg = "it holds the character U+0000"
        raise NotReadable(msg)
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotReadable(str(error)) from error


def _refused(exception: str, detail: str, *, field: str = "") -> HttpResponse:
    pointer = "/" + field.replace(".", "/") if field else ""
    return problem(HTTPStatus.BAD_REQUEST, exception, [{"pointer": pointer, "detail": detail}])
