"""
Labels of a lot: asked for, made by a job, taken to print, voided.

Every code is given once. A job that was killed is carried on: codes that stand are taken again, only what is missing is made. Hidden parts
are drawn together with the file and nowhere written in clear but in it; with the file their hashes are kept. So printing again gives the
very same file, hidden parts included: whoever may print a sheet again can read them, and who printed when stands in the log of prints.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django import app

from teahorse.common.refusals import Malformed, NotThere, Refusal
from teahorse.common.times import HOME
from teahorse.people.models import Organisation, Person
from teahorse.trace import labels, naming
from teahorse.trace.gs1.short_codes import hash_hidden, make_code, make_hidden
from teahorse.trace.gs1.unreadable import Unreadable
from teahorse.trace.models import LabelCode, LabelPrint, LabelSheet, Lot, Recall
from teahorse.trace.queries.labels import labelled_of, pieces_of
from teahorse.trace.rules import key_of

JOB, QUEUE = "teahorse.trace.make_sheet", "labels"
PART: Final = 50
"""So many codes are kept at once; it is what a page sees of progress."""
MOST_LABELS, MOST_PIECES = 10_000, 10_000
WAITS = timedelta(minutes=2)
"""A sheet on which nothing was done for so long lost its job, and the clock goes on with it."""
GIVEN_UP_AFTER = timedelta(hours=2)
LONGEST_WHY = 200
log = logging.getLogger(__name__)


class LotHasNone(Refusal):
    """The sheet's lot cannot have such labels."""

    code = "lot_has_no_such_labels"
    sentence = gettext_lazy("Each piece of these goods has its own number: choose labels for pieces, or for cases.")


class NumberNotForLabels(Refusal):
    """The item's GTIN cannot stand in a code that anybody scans."""

    code = "number_not_for_labels"
    sentence = gettext_lazy("The number %(gtin)s cannot stand on labels: it is wrong, or good at one till only.")


class LotRecalled(Refusal):
    """The lot is being taken back: nobody labels it as if it were good."""

    code = "lot_is_recalled"
    sentence = gettext_lazy("This lot is recalled (%(number)s). No labels are made or printed for it.")


class SheetNotReady(Refusal):
    """The sheet has no file to print."""

    code = "sheet_not_ready"
    sentence = gettext_lazy("These labels are not made yet.")


class SheetVoided(Refusal):
    """The sheet was voided."""

    code = "sheet_voided"
    sentence = gettext_lazy("These labels are void. Ask for new ones.")


@transaction.atomic
def ask_labels(
    *,
    seller: Organisation,
    lot_id: UUID,
    form: str,
    level: str,
    count: int,
    by: Person,
    form_key: UUID,
    now: datetime,
    has_hidden: bool = False,
    pieces: int = 0,
    why_more: str = "",
) -> LabelSheet:
    """
    Ask for so many labels of a lot; what they say is frozen now, a job makes them. The same form sent twice asks once.

    ``level`` says what a code names: the lot, so that all labels are copies, a piece each, or a case of ``pieces`` each. ``why_more`` is
    kept where there are more labels than pieces of the lot.

    :raises NotThere: if the lot is not this seller's.
    :raises Malformed: with the field to mend: ``why_more``, where the lot has fewer pieces and nobody says why.
    :raises LotHasNone: for one code on goods whose pieces have numbers. :raises LotRecalled:
    :raises NumberNotForLabels: if the item's GTIN is a restricted number or none. Nothing is changed in any of these.
    """
    Organisation.objects.select_for_update(of=("self",)).get(pk=seller.pk)
    known = LabelSheet.objects.filter(form_key=form_key, seller=seller).defer("pdf").first()
    if known is not None:
        return known
    lot = Lot.objects.select_related("item", "item__seller").filter(pk=lot_id, seller=seller).first()
    if lot is None:
        raise NotThere(field="lot")
    _check_wish(lot, form=form, level=level, count=count, pieces=pieces, has_hidden=has_hidden)
    _refuse_recalled(lot)
    why_more = _why_more(lot, level=level, asked=count * (pieces if level == LabelSheet.Level.CASE else 1), why=why_more)
    said = said_of(lot, pieces=pieces if level == LabelSheet.Level.CASE else 0)
    try:
        labels.qr_text(said, code=make_code(), level=level)
    except Unreadable as error:
        raise NumberNotForLabels(field="lot", gtin=lot.item.gtin) from error
    sheet = LabelSheet.objects.create(
        county_id=seller.county_id,
        form_key=form_key,
        seller=seller,
        lot=lot,
        form=form,
        level=level,
        count=count,
        has_hidden=has_hidden,
        why_more=why_more,
        frozen=said,
        asked_by_id=by.pk,
        asked_at=now,
    )
    app.configure_task(JOB, queue=QUEUE).defer(sheet_id=str(sheet.pk))
    return sheet


def _check_wish(lot: Lot, *, form: str, level: str, count: int, pieces: int, has_hidden: bool) -> None:
    if form not in LabelSheet.Form.values:
        raise Malformed(field="form", reason=_("Choose one of the list."))
    if level not in LabelSheet.Level.values:
        raise Malformed(field="level", reason=_("Choose one of the list."))
    if not 1 <= count <= MOST_LABELS:
        raise Malformed(field="count", reason=_("Choose 1 to 10000 labels."))
    if level == LabelSheet.Level.CASE and not 1 <= pieces <= MOST_PIECES:
        raise Malformed(field="pieces", reason=_("Write how many pieces lie in a case."))
    if level == LabelSheet.Level.LOT and has_hidden:
        raise Malformed(field="has_hidden", reason=_("Copies of one code cannot have a hidden part each."))
    if level == LabelSheet.Level.LOT and lot.item.is_serialised:
        raise LotHasNone(field="level")


def _refuse_recalled(lot: Lot) -> None:
    """:raises LotRecalled: while a recall that is no drill takes the lot back."""
    living = Recall.objects.filter(lots__lot=lot, lots__left_out_why="", state=Recall.State.LIVING, is_drill=False).first()
    if living is not None:
        raise LotRecalled(field="lot", number=living.number)


def _why_more(lot: Lot, *, level: str, asked: int, why: str) -> str:
    """
    Return why there are more labels than pieces; nothing where there are not, or where the lot is of kilograms that nobody has packed.

    :raises Malformed: at ``why_more``, with the numbers, where nobody says why.
    """
    pieces = pieces_of(lot)
    there = labelled_of(lot, level=level)
    if pieces is None or there + asked <= pieces:
        return ""
    said = " ".join(why.split())[:LONGEST_WHY]
    if len(said) < 2:
        numbers = {"pieces": pieces, "there": there, "asked": asked}
        reason = _(
            "The lot has %(pieces)d pieces. Labels for %(there)d are made already, and you ask for %(asked)d more. Say why; it is kept."
        )
        raise Malformed(field="why_more", reason=reason % numbers)
    return said


def said_of(lot: Lot, *, pieces: int = 0) -> dict[str, Any]:
    """Return what every label of a lot says, as it is frozen."""
    item, maker = lot.item, lot.item.seller
    return {
        "item": {"bo": (item.i18n or {}).get("name_bo", ""), "zh": item.name},
        "maker": {"bo": (maker.i18n or {}).get("name_bo", ""), "zh": maker.name},
        "lot": lot.number,
        "made": f"{lot.made_at.astimezone(HOME):%Y-%m-%d}",
        "best_before": f"{lot.best_before:%Y-%m-%d}" if lot.best_before else "",
        "pieces": pieces,
        "seller": maker.key,
        "gtin": item.gtin,
        "home": settings.TRACE_HOME,
    }


# --- Making


def make_sheet(*, sheet_id: UUID, now: datetime) -> LabelSheet:
    """
    Give the codes that a sheet lacks, part by part, and make its file; the second time it finds it made.

    How far it is stands in ``made``. Must not run in a transaction: each part is kept by itself.
    """
    sheet = LabelSheet.objects.select_related("lot__item__seller").defer("pdf").get(pk=sheet_id)
    codes: list[LabelCode] = []
    drawings: list[labels.Drawn] = []
    while sheet.state == LabelSheet.State.MAKING and len(codes) < _codes_of(sheet):
        part = _given(sheet, first=len(codes), now=now)
        if not part:
            return LabelSheet.objects.defer("pdf").get(pk=sheet_id)
        codes += part
        drawings += [labels.drawn(labels.qr_text(sheet.frozen, code=one.code, level=sheet.level)) for one in part]
        _progressed(sheet, len(codes))
    if sheet.state != LabelSheet.State.MAKING:
        return sheet
    hidden = [make_hidden() if sheet.has_hidden else "" for _code in codes]
    printed = [labels.Label(*one) for one in zip(drawings, [one.code for one in codes], hidden, strict=True)]
    if sheet.level == LabelSheet.Level.LOT:
        printed *= sheet.count
    for one, clear in zip(codes, hidden, strict=True):
        one.hidden_hash = hash_hidden(clear) if clear else ""
    return _finished(sheet, codes, labels.labels_pdf(sheet.form, sheet.frozen, printed), now=now)


def _codes_of(sheet: LabelSheet) -> int:
    return 1 if sheet.level == LabelSheet.Level.LOT else sheet.count


@transaction.atomic
def _given(sheet: LabelSheet, *, first: int, now: datetime) -> list[LabelCode]:
    """Return the codes of the next part of a sheet, those that stand already and those that are made now; none if it is made no more."""
    if not LabelSheet.objects.select_for_update().filter(pk=sheet.pk, state=LabelSheet.State.MAKING).values_list("pk"):
        return []
    places = range(first, min(first + PART, _codes_of(sheet)))
    standing = {one.position: one for one in LabelCode.objects.filter(sheet=sheet, position__in=places)}
    made = [_code(sheet, position, now) for position in places if position not in standing]
    LabelCode.objects.bulk_create(made)
    standing |= {one.position: one for one in made}
    return [standing[position] for position in places]


def _code(sheet: LabelSheet, position: int, now: datetime) -> LabelCode:
    """Return a new code; what names one thing has its code as its serial number too, so that nobody can guess that either."""
    code = make_code()
    uri, serial = {
        LabelSheet.Level.LOT: (sheet.lot.uri, ""),
        LabelSheet.Level.PIECE: (naming.piece_uri(sheet.lot, code), code),
        LabelSheet.Level.CASE: (naming.case_uri(sheet.lot.seller, code), code),
    }[LabelSheet.Level(sheet.level)]
    return LabelCode(
        code=code,
        county_id=sheet.county_id,
        lot=sheet.lot,
        sheet=sheet,
        position=position,
        level=sheet.level,
        serial=serial,
        uri=uri,
        thing_id=key_of(uri),
        created_at=now,
    )


def _progressed(sheet: LabelSheet, codes: int) -> None:
    if sheet.level != LabelSheet.Level.LOT:
        LabelSheet.objects.filter(pk=sheet.pk, state=LabelSheet.State.MAKING, made__lt=codes).update(made=codes)


@transaction.atomic
def _finished(sheet: LabelSheet, codes: Sequence[LabelCode], pdf: bytes, *, now: datetime) -> LabelSheet:
    """Keep the file together with the hashes of what is hidden in it; of two jobs the first one's."""
    locked = LabelSheet.objects.select_for_update().get(pk=sheet.pk)
    if locked.state == LabelSheet.State.MAKING:
        if sheet.has_hidden:
            LabelCode.objects.bulk_update(codes, ["hidden_hash"], batch_size=1000)
        locked.state, locked.made, locked.pdf, locked.ended_at = LabelSheet.State.READY, locked.count, pdf, now
        locked.save(update_fields=["state", "made", "pdf", "ended_at"])
    return locked


def make_forgotten_sheets(*, now: datetime) -> int:
    """Go on with sheets whose job was lost, give up on what cannot be made for two hours; return how many were looked at."""
    waiting = LabelSheet.objects.filter(state=LabelSheet.State.MAKING, asked_at__lte=now - WAITS).order_by("asked_at", "pk")
    sheets = list(waiting.values_list("pk", "asked_at")[:5])
    for sheet_id, asked_at in sheets:
        try:
            make_sheet(sheet_id=sheet_id, now=now)
        except Exception as error:  # whatever it is, it must not stop the others
            log.exception("the labels %s cannot be made", sheet_id)
            if asked_at <= now - GIVEN_UP_AFTER:
                LabelSheet.objects.filter(pk=sheet_id, state=LabelSheet.State.MAKING).update(
                    state=LabelSheet.State.FAILED, trouble=type(error).__name__, ended_at=now
                )
    return len(sheets)


# --- Printing and voiding


@transaction.atomic
def take_to_print(*, seller: Organisation, sheet_id: UUID, by: Person, now: datetime, why: str = "") -> bytes:
    """
    Return a sheet's file, and write down who took it; it is the same file each time.

    :raises NotThere: if this seller has no such sheet. :raises SheetNotReady: :raises SheetVoided: :raises LotRecalled:
    :raises Malformed: at ``why``, if it was printed before and nobody says why again. Nothing is written in any of these.
    """
    sheet = _locked(seller, sheet_id)
    if sheet.voided_at is not None:
        raise SheetVoided
    _refuse_recalled(sheet.lot)
    if sheet.pdf is None:
        raise SheetNotReady
    said = _why(why, is_needed=sheet.prints.exists())
    LabelPrint.objects.create(sheet=sheet, by_id=by.pk, at=now, why=said)
    return bytes(sheet.pdf)


@transaction.atomic
def void_sheet(*, seller: Organisation, sheet_id: UUID, by: Person, now: datetime, why: str) -> LabelSheet:
    """
    Void a sheet with all its codes, for ever; harmless twice. One that is being made is not made.

    :raises NotThere: if this seller has no such sheet. :raises Malformed: at ``why``, without a reason.
    """
    sheet = _locked(seller, sheet_id)
    said = _why(why, is_needed=True)
    if sheet.voided_at is None:
        sheet.voided_at, sheet.voided_by_id, sheet.voided_why = now, by.pk, said
        if sheet.state == LabelSheet.State.MAKING:
            sheet.state, sheet.trouble, sheet.ended_at = LabelSheet.State.FAILED, "voided", now
        sheet.save(update_fields=["voided_at", "voided_by_id", "voided_why", "state", "trouble", "ended_at"])
        sheet.codes.filter(voided_at=None).update(voided_at=now, voided_by_id=by.pk, voided_why=said)
    return sheet


@transaction.atomic
def void_code(*, seller: Organisation, code: str, by: Person, now: datetime, why: str) -> LabelCode:
    """
    Void one code, for ever: its label was lost, or stuck on something else; harmless twice.

    :raises NotThere: if this seller gave out no such code. :raises Malformed: at ``why``, without a reason.
    """
    found = LabelCode.objects.select_for_update(of=("self",)).filter(pk=code, lot__seller=seller).first()
    if found is None:
        raise NotThere(field="code")
    said = _why(why, is_needed=True)
    if found.voided_at is None:
        found.voided_at, found.voided_by_id, found.voided_why = now, by.pk, said
        found.save(update_fields=["voided_at", "voided_by_id", "voided_why"])
    return found


def _locked(seller: Organisation, sheet_id: UUID) -> LabelSheet:
    sheet = LabelSheet.objects.select_for_update(of=("self",)).filter(pk=sheet_id, seller=seller).first()
    if sheet is None:
        raise NotThere(field="sheet")
    return sheet


def _why(why: str, *, is_needed: bool) -> str:
    said = " ".join(why.split())[:LONGEST_WHY]
    if is_needed and len(said) < 2:
        raise Malformed(field="why", reason=_("Say why; it is kept."))
    return said
