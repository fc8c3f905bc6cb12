"""Papers that vouch: written down from elsewhere, or issued by the maker herself for a lot."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from teahorse.catalog.pictures import Readable
from teahorse.common.ids import new_id, readable
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.times import HOME
from teahorse.people.models import Organisation, Person
from teahorse.places.models import Area
from teahorse.trace.actions.attaching import keep_attachment
from teahorse.trace.models import Attachment, Certificate, Lot, Site, TradeItem

Kind = Certificate.Kind
LONGEST_NUMBER, LONGEST_ISSUER = 60, 120


class KnownNumber(Refusal):
    """The issuer has given this number before."""

    code = "certificate_known"
    sentence = _("A certificate of this issuer with this number is written down already.")


class PaperThere(Refusal):
    """The certificate has its paper."""

    code = "certificate_has_its_paper"
    sentence = _("This certificate has its paper already. Withdraw it and write another one down if it is the wrong one.")


class AlreadyCommitted(Refusal):
    """The lot has its commitment certificate; ``number`` names it."""

    code = "lot_has_its_commitment"
    sentence = _("This lot has its commitment certificate already: %(number)s. Withdraw it before you issue another one.")


@transaction.atomic
def add_certificate(
    *,
    holder: Organisation,
    kind: str,
    number: str,
    issuer: str,
    issued_date: date,
    by: Person,
    now: datetime,
    valid_until: date | None = None,
    paper: Attachment | None = None,
    file: Readable | None = None,
    lots: Collection[Lot] = (),
    items: Collection[TradeItem] = (),
    sites: Collection[Site] = (),
) -> Certificate:
    """
    Write down a certificate that somebody else issued; of nothing in particular it vouches for its holder.

    Its ``paper`` is one that is kept already, or comes as a ``file`` now: a PDF as it is, or a photograph, written anew.

    :raises Malformed: if a part is missing, it ends before it begins, or it is of what is not the holder's.
    :raises KnownNumber: if the issuer's number is known.
    :raises PaperRefused, teahorse.catalog.pictures.PictureRefused: if the file is not what it says it is. Nothing is changed in any.
    """
    number, issuer = " ".join(number.split()), " ".join(issuer.split())
    _check(kind, number, issuer, issued_date, valid_until, now)
    owners = {*(lot.seller_id for lot in lots), *(item.seller_id for item in items), *(site.owner_id for site in sites)}
    if owners - {holder.pk} or (paper is not None and paper.owner_id != holder.pk):
        raise Malformed(field="lots", reason=_("A certificate is of your own lots, goods and places."))
    if file is not None:
        paper = keep_attachment(owner=holder, telling_key=None, kind=Attachment.Kind.PAPER, file=file, by=by, now=now)
    return _written(
        Certificate(
            county_id=holder.county_id,
            holder=holder,
            kind=kind,
            number=number,
            issuer=issuer,
            issued_date=issued_date,
            valid_until=valid_until,
            paper=paper,
            added_by_id=by.pk,
            added_at=now,
        ),
        lots,
        items,
        sites,
    )


def _check(kind: str, number: str, issuer: str, issued_date: date, valid_until: date | None, now: datetime) -> None:
    problems = (
        (kind not in Kind.values or kind == Kind.COMMITMENT, "kind", _("Choose the kind of certificate.")),
        (not 0 < len(number) <= LONGEST_NUMBER, "number", _("Write the number as it stands on the paper.")),
        (not 0 < len(issuer) <= LONGEST_ISSUER, "issuer", _("Write down who issued it.")),
        (issued_date > now.astimezone(HOME).date(), "issued_date", _("This day has not come yet.")),
        (valid_until is not None and valid_until < issued_date, "valid_until", _("It cannot end before it was issued.")),
    )
    for is_so, name, reason in problems:
        if is_so:
            raise Malformed(field=name, reason=reason)


@transaction.atomic
def commit_lot(*, lot: Lot, by: Person, now: datetime) -> Certificate:
    """
    Issue the commitment certificate of a lot: its maker vouches that what must not be in it is not.

    What it says is frozen: product, quantity, origin, time, who commits and how she is reached (Ministry of Agriculture and Rural Affairs,
    Order 2025 No. 4, in force since 2026-02-01). One click, one for a lot.

    :raises AlreadyCommitted: if it has one; nothing is changed.
    """
    lot = Lot.objects.select_for_update(of=("self",)).select_related("item", "seller__area", "site__area").get(pk=lot.pk)
    known = Certificate.objects.filter(lots=lot, kind=Kind.COMMITMENT, withdrawn_at=None).first()
    if known is not None:
        raise AlreadyCommitted(number=known.number)
    today, key = now.astimezone(HOME).date(), new_id()
    area = lot.site.area if lot.site else lot.seller.area
    said = {
        "product": _both(lot.item),
        "lot": lot.number,
        "quantity": f"{lot.amount.normalize():f}",
        "unit": lot.item.unit,
        "origin": {**_both(area), "code": area.code},
        "made": lot.made_at.astimezone(HOME).date().isoformat(),
        "party": _both(lot.seller),
        "contact": lot.seller.phone,
    }
    made = Certificate(
        id=key,
        county_id=lot.county_id,
        holder=lot.seller,
        kind=Kind.COMMITMENT,
        number=readable("C", key, at=now),
        issuer=lot.seller.name,
        issued_date=today,
        said=said,
        added_by_id=by.pk,
        added_at=now,
    )
    return _written(made, [lot], (), ())


def attach_paper(*, certificate: Certificate, file: Readable, by: Person, now: datetime) -> Certificate:
    """
    Keep the paper of a certificate that was issued elsewhere: a PDF as it came, or a photograph, written anew. It is kept once and stays.

    :raises PaperRefused, teahorse.catalog.pictures.PictureRefused: if the file is not what it says it is.
    :raises PaperThere: if it has its paper, or makes it itself. Nothing is kept in any of these.
    """
    if certificate.kind == Kind.COMMITMENT or certificate.paper_id is not None:
        raise PaperThere
    with transaction.atomic():
        paper = keep_attachment(owner=certificate.holder, telling_key=None, kind=Attachment.Kind.PAPER, file=file, by=by, now=now)
        if not Certificate.objects.filter(pk=certificate.pk, paper=None).update(paper=paper):
            raise PaperThere
    certificate.refresh_from_db()
    return certificate


@transaction.atomic
def withdraw_certificate(*, certificate: Certificate, why: str, now: datetime) -> Certificate:
    """
    Let a certificate vouch no more; it stays to be seen, with why. Harmless twice.

    :raises Malformed: without a reason.
    """
    why = " ".join(why.split())[:200]
    if not why:
        raise Malformed(field="why", reason=_("Write why: buyers who saw it will ask."))
    Certificate.objects.filter(pk=certificate.pk, withdrawn_at=None).update(withdrawn_at=now, withdrawn_why=why)
    certificate.refresh_from_db()
    return certificate


def _both(row: TradeItem | Area | Organisation) -> dict[str, str]:
    return {"zh": row.name, "bo": (row.i18n or {}).get("name_bo", "")}


def _written(certificate: Certificate, lots: Collection[Lot], items: Collection[TradeItem], sites: Collection[Site]) -> Certificate:
    try:
        with transaction.atomic():
            certificate.save(force_insert=True)
    except IntegrityError as error:
        raise KnownNumber(field="number") from error
    certificate.lots.set(lots)
    certificate.items.set(items)
    certificate.sites.set(sites)
    return certificate
