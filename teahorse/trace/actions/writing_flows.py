"""Writing flows: a version is written until it is published, then it stays; the next one takes its place."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.catalog.content import translations
from teahorse.catalog.definitions import BASE_LANGUAGE
from teahorse.catalog.models import Category
from teahorse.common.refusals import Malformed, Refusal
from teahorse.people.models import Organisation, Person
from teahorse.trace.flows import KEY, check
from teahorse.trace.models import Flow

LONGEST_NAME = 80


class FlowStands(Refusal):
    """A published version is not written any more."""

    code = "flow_stands"
    sentence = _("This version is published and stays as it is. Begin a new one.")


class FlowKeyIsTaken(Refusal):
    """The centre has a flow of this key."""

    code = "flow_key_is_taken"
    sentence = _("There is a flow of this key already; change it in a new version.")


@transaction.atomic
def begin_flow(
    *, owner: Organisation, key: str, names: Mapping[str, str], category: Category | None = None, by: Person | None = None, now: datetime
) -> Flow:
    """
    Begin the first version of a flow, without parts and steps.

    :raises Malformed: if key or name cannot be; :raises FlowKeyIsTaken: if there is one.
    """
    if not KEY.fullmatch(key):
        raise Malformed(field="key", reason=_("At most 19 small letters, digits and hyphens, a letter first."))
    Organisation.objects.select_for_update(no_key=True).get(pk=owner.pk)
    if Flow.objects.filter(owner=owner, key=key).exists():
        raise FlowKeyIsTaken(field="key")
    return Flow.objects.create(
        county_id=owner.county_id,
        owner=owner,
        key=key,
        category=category,
        written_by_id=by.pk if by else None,
        written_at=now,
        **_named(names),
    )


@transaction.atomic
def next_version(*, flow: Flow, by: Person, now: datetime) -> Flow:
    """Return the version of a flow that is being written; begun as a copy of this one where there is none."""
    Organisation.objects.select_for_update(no_key=True).get(pk=flow.owner_id)
    versions = Flow.objects.filter(owner=flow.owner_id, key=flow.key).order_by("-version")
    newest = versions[0]
    if newest.published_at is None:
        return newest
    return Flow.objects.create(
        county_id=flow.county_id,
        owner=flow.owner,
        key=flow.key,
        version=newest.version + 1,
        name=flow.name,
        i18n=flow.i18n,
        category=flow.category,
        parts=flow.parts,
        steps=flow.steps,
        written_by_id=by.pk,
        written_at=now,
    )


@transaction.atomic
def write_flow(
    *, flow: Flow, names: Mapping[str, str], parts: Sequence[Any], steps: Sequence[Any], by: Person | None = None, now: datetime
) -> Flow:
    """
    Write a version that is not published. What is not whole yet is kept; publishing asks for that.

    :raises FlowStands: if it is published; :raises Malformed: if it has no name.
    """
    flow = _locked(flow)
    if flow.published_at is not None:
        raise FlowStands
    for name, value in (_named(names) | {"parts": list(parts), "steps": list(steps)}).items():
        setattr(flow, name, value)
    flow.written_by_id, flow.written_at = by.pk if by else None, now
    flow.save()
    return flow


@transaction.atomic
def publish_flow(*, flow: Flow, now: datetime) -> Flow:
    """
    Have a version told by from now on; the one that was in use is retired. Harmless twice.

    :raises django.core.exceptions.ValidationError: with everything that is wrong with it; :raises FlowStands: if it was retired.
    """
    flow = _locked(flow)
    if flow.retired_at is not None:
        raise FlowStands
    if flow.published_at is None:
        check(flow.parts, flow.steps)
        Flow.objects.filter(owner=flow.owner_id, key=flow.key, published_at__isnull=False, retired_at=None).update(retired_at=now)
        flow.published_at = now
        flow.save(update_fields=["published_at"])
    return flow


@transaction.atomic
def retire_flow(*, flow: Flow, now: datetime) -> Flow:
    """Offer a published version to nobody any more; what was told by it keeps it, and a late phone may still tell. Harmless twice."""
    flow = _locked(flow)
    if flow.published_at is None:
        raise FlowStands
    if flow.retired_at is None:
        flow.retired_at = now
        flow.save(update_fields=["retired_at"])
    return flow


def _locked(flow: Flow) -> Flow:
    """Return a flow as it is now; all versions of its key are locked, in the order of their keys."""
    list(Flow.objects.select_for_update(of=("self",)).filter(owner=flow.owner_id, key=flow.key).order_by("pk").values_list("pk"))
    return Flow.objects.select_related("owner").get(pk=flow.pk)


def _named(names: Mapping[str, str]) -> dict[str, Any]:
    told = {language: re.sub(r"\s+", " ", text).strip() for language, text in names.items()}
    if not told.get(BASE_LANGUAGE) or any(len(text) > LONGEST_NAME for text in told.values()):
        raise Malformed(
            field="name", reason=_("Write a name of at most %(limit)s characters, in Chinese at least.") % {"limit": LONGEST_NAME}
        )
    return {"name": told[BASE_LANGUAGE], "i18n": translations(name=told)}
