"""
Telling a step: it becomes an event, lots come into being by it, and what was said stays.

The key is the phone's own, so it may be sent as often as the line breaks: it is told once.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from teahorse.catalog.content import translations
from teahorse.catalog.definitions import BASE_LANGUAGE
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.times import HOME
from teahorse.people import queries as people
from teahorse.people.models import Organisation, Person
from teahorse.trace import flows
from teahorse.trace.actions.capturing import capture
from teahorse.trace.actions.redacting import conceal
from teahorse.trace.answers import LONGEST_NAME, MOST_HOUSEHOLDS, Answers, Given, Household, check_amount, check_answers, digest_of_told
from teahorse.trace.epcis.reading import Read
from teahorse.trace.epcis.reading import read as read_document
from teahorse.trace.epcis.writing import document
from teahorse.trace.events_of_steps import ToldStep, event_of, number, number_of_lot, prefixes
from teahorse.trace.flows import Part, Step
from teahorse.trace.models import Attachment, Flow, Lot, Site, Telling, TradeItem
from teahorse.trace.naming import lot_uri, transaction_uri
from teahorse.trace.queries.lots import goes_round, left_of, takeable_lots
from teahorse.trace.queries.tellings import sites_for
from teahorse.trace.rules import digest_of, event_key, key_of

AHEAD = timedelta(days=2)
"""A phone's clock that runs ahead is set right by ours; one that is further ahead than this has to be set right by its owner."""
BEHIND = timedelta(days=120)
"""So long a phone may have been without a line; what is older was told by a clock that had stopped."""
WHOLE = 10_000


class ToldDifferently(Refusal):
    """The key was used for something else; what was told first stays."""

    code = "told_differently"
    sentence = _("Under this key something else was told before. Open the step again and tell it anew.")


class FlowIsNotInUse(Refusal):
    """The flow was never published, or has no such step."""

    code = "flow_is_not_in_use"
    sentence = _("This step is not in use.")


class UnknownLot(Refusal):
    """It does not exist, is somebody else's and was not handed over, or is of a part that this step does not take."""

    code = "unknown_lot"
    status = 422
    sentence = _("This lot is not here, not yours, or not for this step.")


class TooFewPieces(Refusal):
    """Pieces are counted: no more are taken than there are."""

    code = "too_few_pieces"
    sentence = _("Of lot %(number)s there are %(left)s pieces left, not %(taken)s.")


class NothingLeft(Refusal):
    """All of a lot was used before, and nobody said how much is taken now."""

    code = "nothing_left"
    sentence = _("Of lot %(number)s nothing is left. Write how much you take.")


class LotGoesRound(Refusal):
    """What came out of a transformation is put into it again."""

    code = "lot_goes_round"
    sentence = _("Lot %(number)s came out of this very process; it cannot go into it again.")


class ClockIsAhead(Refusal):
    """The phone's clock is days ahead."""

    code = "clock_is_ahead"
    status = 422
    sentence = _("The phone's clock says %(said)s. Set it right and tell the step again.")


class NotAnEvent(Refusal):
    """The event that the step makes is none that EPCIS allows."""

    code = "not_an_event"
    status = 422
    sentence = _("This cannot be told so: %(why)s")


@dataclass(frozen=True, kw_only=True)
class Told:
    """What was sent: by whom, of what, when. ``corrects`` is a telling that it sets right; its lots are kept."""

    key: UUID
    seller: Organisation
    flow: Flow
    step: str
    answers: Answers
    site: Site | None
    attachments: Sequence[Attachment]
    device_at: datetime | None
    by: Person
    now: datetime
    corrects: Telling | None = None
    lots: Mapping[str, Lot] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """What tells it from anything else under the same key."""
        files = sorted(one.sha256 for one in self.attachments)
        site = self.site.pk if self.site else None
        corrected = self.corrects.pk if self.corrects else None
        return digest_of_told(self.seller.pk, self.flow.pk, self.step, self.answers, site, files, self.device_at, corrected)


@transaction.atomic
def tell_step(
    *,
    key: UUID,
    seller: Organisation,
    flow: Flow,
    step: str,
    answers: Answers,
    site: Site | None = None,
    attachments: Sequence[Attachment] = (),
    device_at: datetime | None = None,
    by: Person,
    now: datetime,
) -> Telling:
    """
    Tell a step of a seller's goods; return what was told. Harmless twice, also at once: a key is told once.

    More than is left of a measured lot may be taken; ``said`` keeps the warning. A clock that runs ahead is set right.

    :raises ToldDifferently: if the key was used for something else; :raises FlowIsNotInUse, Malformed, UnknownLot, TooFewPieces,
        NothingLeft, LotGoesRound, ClockIsAhead, NotAnEvent: nothing was told.
    """
    told = Told(
        key=key,
        seller=seller,
        flow=flow,
        step=step,
        answers=unnamed(answers, seller=seller, now=now),
        site=site,
        attachments=attachments,
        device_at=device_at,
        by=by,
        now=now,
    )
    return told_before(told) or write_telling(told)


def unnamed(answers: Answers, *, seller: Organisation, now: datetime) -> Answers:
    """Return answers with tokens in the place of households' names (:mod:`.redacting`); with what cannot be a name as they are."""
    names = [household.name for household in answers.households]
    are_names = all(name.strip() and len(name) <= LONGEST_NAME and "\x00" not in name for name in names)
    if not names or not are_names or len(names) > MOST_HOUSEHOLDS:
        return answers
    tokens = conceal(names, owner=seller, now=now)
    households = tuple(Household(token, one.amount) for token, one in zip(tokens, answers.households, strict=True))
    return msgspec.structs.replace(answers, households=households)


def told_before(told: Told) -> Telling | None:
    """
    Wait for whoever tells the same key just now; return what was told under it.

    :raises ToldDifferently: if that was something else.
    """
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"telling {told.key}"])
    before = Telling.objects.filter(pk=told.key).first()
    if before is not None and before.digest != told.digest:
        raise ToldDifferently
    return before


def write_telling(told: Told) -> Telling:
    """Make lots and event of what was sent, and keep it; all that :func:`tell_step` refuses is refused here."""
    recipe = flows.read(told.flow.parts, told.flow.steps)
    step = recipe.steps.get(told.step)
    if step is None or told.flow.published_at is None:
        raise FlowIsNotInUse
    answers = check_answers(step, recipe, told.answers)
    if told.site is not None and not sites_for(told.seller).filter(pk=told.site.pk).exists():
        raise Malformed(field="site", reason=_("Choose one of the list."))
    happened_at, handed_to = _happened_at(told), _receiver(told, answers)
    taken = _taken(told, step, answers)
    process = _process(told, step, answers)
    if process and goes_round([lot.thing_id for lot, _amount in taken], transformation=transaction_uri("process", str(process))):
        raise LotGoesRound(field="take", number=", ".join(lot.number for lot, _amount in taken))
    warnings = _warnings(taken) if step.uses_up else []
    given = [(_lot(told, recipe.parts[one.part], one, happened_at), one.amount) for one in answers.gives]
    salt = secrets.token_hex(16)
    written = ToldStep(
        key=told.key,
        seller=told.seller,
        flow=told.flow.key,
        step=step,
        answers=answers,
        salt=salt,
        happened_at=happened_at,
        site=told.site,
        taken=taken,
        given=given,
        attachments=told.attachments,
        process=process,
        handed_to=handed_to,
    )
    event_id = keep_event(event_of(written), told)
    said = {
        "answers": answers.kept(),
        "salt": salt,
        "warnings": warnings,
        "taken": {str(lot.pk): str(amount) for lot, amount in taken},
        "given": {lot.item.part: str(lot.pk) for lot, _amount in given},
    }
    return Telling.objects.create(
        id=told.key,
        county_id=told.seller.county_id,
        seller=told.seller,
        flow=told.flow,
        step=step.key,
        site=told.site,
        told_by_id=told.by.pk,
        told_for_id=_told_for(told),
        process_id=process,
        handed_to=handed_to,
        corrects=told.corrects,
        device_at=told.device_at,
        received_at=told.now,
        digest=told.digest,
        said=said,
        event_id=event_id,
    )


def keep_event(event: dict[str, Any], told: Told) -> UUID:
    """
    Keep an event by the checks of ``/epcis/capture`` and return its key.

    :raises NotAnEvent: with what is wrong with it.
    """
    read = read_document(document([event], created_at=told.now, prefixes=prefixes()), now=told.now)
    job = capture(document=read, by=told.seller, now=told.now, person_id=told.by.pk)
    if not job.is_success:
        raise NotAnEvent(why=job.errors[0]["detail"])
    one: Read = read.events[0]
    return event_key(digest_of(one.raw, one.prefixes))


def _happened_at(told: Told) -> datetime:
    """
    Return when it happened, by a clock that can be believed.

    :raises ClockIsAhead: if the phone's is days ahead.
    """
    if told.corrects is not None or told.device_at is None:
        return told.device_at or told.now
    if told.device_at > told.now + AHEAD:
        raise ClockIsAhead(field="device_at", said=f"{told.device_at.astimezone(HOME):%Y-%m-%d %H:%M}")
    return told.device_at if told.now - BEHIND < told.device_at <= told.now else told.now


def _receiver(told: Told, answers: Answers) -> Organisation | None:
    if not answers.to:
        return None
    receiver = Organisation.objects.filter(key=answers.to, kind__in=Organisation.SELLERS, left_at=None).exclude(pk=told.seller.pk).first()
    if receiver is None:
        raise Malformed(field="to", reason=_("Choose to whom it goes."))
    return receiver


def _told_for(told: Told) -> UUID | None:
    """Return the organisation for which she works who told it, where it is not the seller's own."""
    own = [membership.organisation_id for membership in people.acting_for(person=told.by, now=told.now)]
    return None if not own or told.seller.pk in own else own[0]


# --- What is taken


def _taken(told: Told, step: Step, answers: Answers) -> list[tuple[Lot, Decimal]]:
    """Return the lots that are taken, locked in the order of their keys, each with its amount; what is not said is all that is left."""
    amounts = {taken.lot: taken.amount for taken in answers.takes}
    allowed = takeable_lots(told.seller).filter(pk__in=amounts, item__flow_key=told.flow.key, item__part__in=step.takes)
    found = {lot.pk: lot for lot in allowed}
    for lot_id in amounts:
        if lot_id not in found:
            raise UnknownLot(field="take")
    list(Lot.objects.select_for_update(no_key=True).filter(pk__in=found).order_by("pk").values_list("pk"))
    left = left_of(found.values())
    taken: list[tuple[Lot, Decimal]] = []
    for lot_id, asked in amounts.items():
        lot, amount = found[lot_id], left[lot_id] if asked is None else asked
        if asked is None and amount <= 0:
            raise NothingLeft(field="take", number=lot.number)
        check_amount(amount, unit=lot.item.unit, field=f"amount.{lot.pk}")
        if not lot.item.unit and amount > left[lot_id]:
            raise TooFewPieces(field=f"amount.{lot.pk}", number=lot.number, left=number(left[lot_id]), taken=number(amount))
        taken.append((lot, amount))
    return taken


def _warnings(taken: Sequence[tuple[Lot, Decimal]]) -> list[dict[str, str]]:
    """Return what was taken beyond what is left and what scales may be off by."""
    left = left_of([lot for lot, _amount in taken])
    return [
        {"lot": str(lot.pk), "number": lot.number, "taken": str(amount), "left": str(left[lot.pk]), "unit": lot.item.unit}
        for lot, amount in taken
        if amount > left[lot.pk] + lot.amount * lot.item.tolerance_bp / WHOLE
    ]


def _process(told: Told, step: Step, answers: Answers) -> UUID | None:
    """Return the long transformation that this belongs to: one that began before, or one that begins with it."""
    if not step.process:
        return None
    if told.corrects is not None:
        return told.corrects.process_id
    if answers.process is None:
        if not step.takes:
            raise Malformed(field="process", reason=_("Choose from what it comes."))
        return told.key
    first = Telling.objects.filter(pk=answers.process, process_id=answers.process, seller=told.seller, flow__key=told.flow.key).first()
    if first is None or flows.read(first.flow.parts, first.flow.steps).steps[first.step].process != step.process:
        raise Malformed(field="process", reason=_("Choose from what it comes."))
    return first.pk


# --- What is given


def _lot(told: Told, part: Part, given: Given, happened_at: datetime) -> Lot:
    """Return the lot that comes into being; of a telling that is set right it is the one that came into being then."""
    if kept := told.lots.get(part.key):
        return kept
    item = item_for(seller=told.seller, flow=told.flow, part=part)
    day = number_of_lot(0, happened_at)[:-2]
    before = Lot.objects.filter(item=item, number__startswith=day).count()
    lot_number = number_of_lot(before + 1, happened_at)
    uri = lot_uri(item, lot_number)
    best_before = (happened_at.astimezone(HOME) + timedelta(days=item.shelf_days)).date() if item.shelf_days else None
    return Lot.objects.create(
        county_id=told.seller.county_id,
        seller=told.seller,
        item=item,
        number=lot_number,
        uri=uri,
        thing_id=key_of(uri),
        amount=given.amount,
        made_at=happened_at,
        best_before=best_before,
        site=told.site,
        told_by_id=told.by.pk,
        created_at=told.now,
    )


def item_for(*, seller: Organisation, flow: Flow, part: Part) -> TradeItem:
    """Return a seller's trade item for a part of a flow, made where it is missing; locked, so its lots are numbered one after the other."""
    items = TradeItem.objects.select_for_update(no_key=True, of=("self",)).select_related("seller")
    found = items.filter(seller=seller, flow_key=flow.key, part=part.key).order_by("pk").first()
    if found is not None:
        return found
    made = {
        "county_id": seller.county_id,
        "name": part.name[BASE_LANGUAGE],
        "i18n": translations(name=part.name),
        "stage": part.stage,
        "unit": part.unit,
        "flow_key": flow.key,
        "part": part.key,
        "is_serialised": part.is_serialised,
        "tolerance_bp": part.tolerance_bp,
        "content": None if part.content is None else Decimal(str(part.content)),
        "content_unit": part.content_unit,
        "shelf_days": part.shelf_days,
        "certificates": list(part.certificates),
    }
    TradeItem.objects.get_or_create(seller=seller, key=f"{flow.key}-{part.key}", defaults=made)
    return items.get(seller=seller, key=f"{flow.key}-{part.key}")
