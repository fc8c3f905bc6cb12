"""Every change of dossiers: a seller asks and signs, a job makes it, she withdraws it, somebody looks."""

import ipaddress
import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from procrastinate.contrib.django import app

from teahorse.common.refusals import Malformed, NotThere, Refusal
from teahorse.common.tries import TooManyTries, Tries
from teahorse.dossiers import paper, queries, rules
from teahorse.dossiers.models import Dossier, DossierPaper, DossierView
from teahorse.people.models import Organisation, Person

JOB, QUEUE = "teahorse.dossiers.make", "dossiers"
VERIFY_PATH = "/verify/{code}/"
"""Where whoever has a code looks a dossier up: a page of the mall."""
LONGEST_BANK, LONGEST_PURPOSE = 80, 200
MOST_A_DAY = 10
WAITS = timedelta(minutes=1)
"""A dossier that is not made after so long lost its job, and the clock makes it."""
GIVEN_UP_AFTER = timedelta(minutes=30)
wrong_codes = Tries(most=30, seconds=600)
"""So many wrong codes from one address, then it waits: a code has 100 bits, this only spares the database."""
log = logging.getLogger(__name__)


class NotYourName(Refusal):
    """The signature is not the name of the person who is logged in."""

    code = "not_your_name"
    status = 422
    sentence = gettext_lazy("Type your own name as it stands in your account: %(name)s.")


class NoNameYet(Refusal):
    """Her account has no name, so that nothing could be signed with it."""

    code = "no_name_yet"
    sentence = gettext_lazy("Tell us your name on your own page first; you sign with it.")


class TooManyDossiers(Refusal):
    """So many were asked for within a day that somebody should look."""

    code = "too_many_dossiers"
    sentence = gettext_lazy("%(most)d dossiers were asked for within a day. Go on tomorrow.")


class NoSuchCode(NotThere):
    """No dossier has this code."""

    code = "no_such_code"
    sentence = gettext_lazy("No dossier has this code. Compare it with the paper sign by sign.")


def consent_words(*, organisation: Organisation, bank_name: str) -> str:
    """Return what a signer agrees to, in the language of the page; it is kept with the dossier."""
    return _(
        "I act for %(organisation)s and agree that the verified sales of the months that I chose are put together and shown to %(bank)s, "
        "and to everybody to whom the paper with its code is given, until it expires or I withdraw it. Nothing of any buyer is in it."
    ) % {"organisation": organisation.name, "bank": bank_name or pgettext("dossier", "the bank named below")}


@transaction.atomic
def ask_dossier(
    *,
    organisation: Organisation,
    by: Person,
    form_key: UUID,
    months: int,
    days: int,
    bank_name: str,
    purpose: str,
    signed_name: str,
    is_agreed: bool,
    now: datetime,
) -> Dossier:
    """
    Ask, with a signature, for a dossier of a seller's last so many months, shown for so many days; a job makes it.

    The same form sent twice asks once.

    :raises Malformed: with the field to mend: the months (3 to 36), the days, the bank, the purpose, the agreement.
    :raises NoNameYet: if the signer's account has no name.
    :raises NotYourName: if the signature is not the signer's name.
    :raises TooManyDossiers: if ten were asked for within a day. Nothing is changed in any of these.
    """
    Organisation.objects.select_for_update(of=("self",)).get(pk=organisation.pk)
    known = Dossier.objects.filter(form_key=form_key, organisation=organisation).first()
    if known is not None:
        return known
    bank_name, purpose, signature = (" ".join(text.split()) for text in (bank_name, purpose, signed_name))
    _check_wish(months=months, days=days, bank_name=bank_name, purpose=purpose, is_agreed=is_agreed)
    if not by.name:
        raise NoNameYet(field="signed_name")
    if signature != " ".join(by.name.split()):
        raise NotYourName(field="signed_name", name=by.name)
    if Dossier.objects.filter(organisation=organisation, signed_at__gt=now - timedelta(days=1)).count() >= MOST_A_DAY:
        raise TooManyDossiers(most=MOST_A_DAY)
    first_date, until_date = queries.window(months=months, now=now)
    dossier = Dossier.objects.create(
        county_id=organisation.county_id,
        organisation=organisation,
        form_key=form_key,
        code=rules.new_code(),
        months=months,
        first_date=first_date,
        until_date=until_date,
        bank_name=bank_name,
        purpose=purpose,
        consent=consent_words(organisation=organisation, bank_name=bank_name),
        signed_name=signature,
        signed_by=by,
        signed_at=now,
        expires_at=now + timedelta(days=days),
    )
    app.configure_task(JOB, queue=QUEUE).defer(dossier_id=str(dossier.pk))
    return dossier


def _check_wish(*, months: int, days: int, bank_name: str, purpose: str, is_agreed: bool) -> None:
    if not rules.FEWEST_MONTHS <= months <= rules.MOST_MONTHS:
        raise Malformed(field="months", reason=_("Choose 3 to 36 months."))
    if days not in rules.VALID_DAYS:
        raise Malformed(field="days", reason=_("Choose one of the list."))
    if not 2 <= len(bank_name) <= LONGEST_BANK:
        raise Malformed(field="bank_name", reason=_("Write the bank's whole name."))
    if not 2 <= len(purpose) <= LONGEST_PURPOSE:
        raise Malformed(field="purpose", reason=_("Write what the bank needs it for."))
    if not is_agreed:
        raise Malformed(field="is_agreed", reason=_("Without your agreement nothing is put together."))


def make_dossier(*, dossier_id: UUID, now: datetime) -> Dossier:
    """
    Find a dossier's figures, print it, and freeze both; the second time it finds it made.

    The figures are those of the moment of signing. How far it is stands in ``progress``. Must not run in a transaction.
    """
    dossier = Dossier.objects.select_related("organisation__area", "signed_by").get(pk=dossier_id)
    if dossier.state != Dossier.State.ASKED:
        return dossier
    _progressed(dossier, 20)
    figures = queries.figures_of(seller=dossier.organisation, first_date=dossier.first_date, until=dossier.signed_at)
    _progressed(dossier, 60)
    digest = rules.digest_of(figures)
    document = paper.dossier_pdf(dossier, figures=figures, digest=digest, address=address_of(dossier), made_at=now)
    with transaction.atomic():
        locked = Dossier.objects.select_for_update().get(pk=dossier.pk)
        if locked.state == Dossier.State.ASKED:
            locked.state, locked.figures, locked.digest, locked.made_at, locked.progress = Dossier.State.MADE, figures, digest, now, 100
            locked.save(update_fields=["state", "figures", "digest", "made_at", "progress"])
            DossierPaper.objects.create(dossier=locked, content=document)
    return locked


def _progressed(dossier: Dossier, progress: int) -> None:
    Dossier.objects.filter(pk=dossier.pk, state=Dossier.State.ASKED).update(progress=progress)


def make_forgotten(*, now: datetime) -> int:
    """Make the dossiers whose job was lost, and give up on those that cannot be made for half an hour; return how many were looked at."""
    waiting = list(Dossier.objects.filter(state=Dossier.State.ASKED, signed_at__lte=now - WAITS).order_by("signed_at", "pk")[:20])
    for dossier in waiting:
        try:
            make_dossier(dossier_id=dossier.pk, now=now)
        except Exception as error:  # whatever it is, it must not stop the others
            log.exception("the dossier %s cannot be made", dossier.pk)
            if dossier.signed_at <= now - GIVEN_UP_AFTER:
                Dossier.objects.filter(pk=dossier.pk, state=Dossier.State.ASKED).update(
                    state=Dossier.State.FAILED, trouble=type(error).__name__, progress=0
                )
    return len(waiting)


@transaction.atomic
def withdraw_dossier(*, organisation: Organisation, dossier_id: UUID, by: Person, now: datetime) -> Dossier:
    """
    Have a dossier shown to nobody any more, from now on and for ever; harmless twice.

    :raises NotThere: if this seller has no such dossier.
    """
    dossier = Dossier.objects.select_for_update().filter(pk=dossier_id, organisation=organisation).first()
    if dossier is None:
        raise NotThere(field="dossier")
    if dossier.withdrawn_at is None:
        dossier.withdrawn_at, dossier.withdrawn_by_id = now, by.pk
        dossier.save(update_fields=["withdrawn_at", "withdrawn_by_id"])
    return dossier


def look_up(*, code: str, address: str) -> Dossier:
    """
    Return the made dossier of a code for somebody at a network address; whether it may be shown its ``standing`` says.

    :raises NoSuchCode: if there is none; :raises TooManyTries: after thirty of them within ten minutes.
    """
    if wrong_codes.are_used_up(address):
        raise TooManyTries
    dossier = queries.dossier_by_code(code)
    if dossier is None:
        wrong_codes.count(address)
        raise NoSuchCode(field="verify_code")
    return dossier


def note_view(*, dossier: Dossier, address: str, agent: str, now: datetime) -> None:
    """Keep that somebody looked: coarsely, and the same visitor once an hour."""
    view = DossierView(
        dossier=dossier, hour_at=queries.hour_of(now), at=now, network=coarse(address), device=device_of(agent), was=dossier.standing(now)
    )
    DossierView.objects.bulk_create([view], ignore_conflicts=True)


def coarse(address: str) -> str:
    """Return the part of a network address that tells a provider or a house, and no person: ``203.0.*.*``."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return "?"
    if isinstance(known, ipaddress.IPv4Address):
        return ".".join([*str(known).split(".")[:2], "*", "*"])
    return ":".join([*known.exploded.split(":")[:3], "*"])


def device_of(agent: str) -> str:
    """Return of which kind a browser is."""
    if "Mobile" in agent or "Android" in agent:
        return "phone"
    return "computer" if agent.startswith("Mozilla/") else "program"


def address_of(dossier: Dossier) -> str:
    """Return the whole address that the dossier's code opens."""
    return settings.SITE_URL + VERIFY_PATH.format(code=dossier.code)
