"""The households that a seller buys from, and what of each product comes from whom."""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.catalog.models import Product
from teahorse.common.refusals import Malformed, NotThere, Refusal
from teahorse.people.models import Organisation, Person
from teahorse.settlement.models import Division, OpenBook, SubSeller, SubSellerShare
from teahorse.settlement.rules import WHOLE_BP


class MoreThanTheWhole(Refusal):
    """The shares of a product are more than the whole; ``percent`` says how much they are."""

    code = "shares_more_than_the_whole"
    status = 422
    sentence = _("Together the shares are %(percent)s %%. They are 100 %% at most; what is left is the cooperative's own.")


@transaction.atomic
def add_sub_seller(*, seller: Organisation, name: str, note: str, by: Person, now: datetime) -> SubSeller:
    """
    Write down a household that a seller buys from; one of this name that is there already is left as it is.

    :raises Malformed: without a name.
    """
    name = " ".join(name.split())
    if not name:
        raise Malformed(field="name", reason=_("Enter the household's name."))
    Organisation.objects.select_for_update(no_key=True).get(pk=seller.pk)
    known = SubSeller.objects.filter(seller=seller, name=name, left_at=None).first()
    if known is not None:
        return known
    return SubSeller.objects.create(seller=seller, name=name, note=note.strip(), since_at=now, written_by_id=by.pk)


@transaction.atomic
def end_sub_seller(*, seller: Organisation, sub_seller_id: UUID, now: datetime) -> SubSeller:
    """
    Let a household be offered no more where shares are entered; those that it has stay. Harmless twice.

    :raises NotThere: if it is not this seller's.
    """
    found = SubSeller.objects.select_for_update().filter(pk=sub_seller_id, seller=seller).first()
    if found is None:
        raise NotThere
    if found.left_at is None:
        found.left_at = now
        found.save(update_fields=["left_at"])
    return found


@transaction.atomic
def divide_product(
    *, key: UUID, seller: Organisation, product_id: UUID, since_date: date, shares_bp: Mapping[UUID, int], by: Person, now: datetime
) -> Division:
    """
    Write down from which households a product comes from a day on; ``key`` is the form's, and makes the same form harmless twice.

    The day may have passed: it is often told after the sale who had brought the goods. No share at all: it is the seller's own.

    :raises NotThere: if the product or a household is not this seller's.
    :raises Malformed: if a share is not more than nothing.
    :raises MoreThanTheWhole: if they are more than 100 %. Nothing is written in any of these.
    """
    # two at once with one form: her row is the lock
    Organisation.objects.select_for_update(no_key=True).get(pk=seller.pk)
    known = Division.objects.filter(pk=key).first()
    if known is not None:
        if known.seller_id != seller.pk:
            raise NotThere
        return known
    if not Product.objects.filter(pk=product_id, seller=seller).exists():
        raise NotThere
    if SubSeller.objects.filter(pk__in=shares_bp, seller=seller).count() != len(shares_bp):
        raise NotThere
    if any(share <= 0 for share in shares_bp.values()):
        raise Malformed(field="shares", reason=_("A share is a percentage of more than nothing, with two decimals at most."))
    whole = sum(shares_bp.values())
    if whole > WHOLE_BP:
        raise MoreThanTheWhole(field="shares", percent=f"{whole // 100}.{whole % 100:02d}")
    division = Division.objects.create(
        id=key, seller=seller, product_id=product_id, since_date=since_date, written_at=now, written_by_id=by.pk
    )
    SubSellerShare.objects.bulk_create(
        [SubSellerShare(division=division, sub_seller_id=household, share_bp=share) for household, share in sorted(shares_bp.items())]
    )
    return division


@transaction.atomic
def open_book(*, seller: Organisation, product_id: UUID, by: Person, now: datetime) -> OpenBook:
    """
    Let everybody see from now on how the price of a product divides. Harmless twice.

    :raises NotThere: if the product is not this seller's.
    """
    if not Product.objects.filter(pk=product_id, seller=seller).exists():
        raise NotThere
    Organisation.objects.select_for_update(no_key=True).get(pk=seller.pk)
    standing = OpenBook.objects.filter(seller=seller, product_id=product_id, closed_at=None).first()
    return standing or OpenBook.objects.create(seller=seller, product_id=product_id, since_at=now, opened_by_id=by.pk)


def close_book(*, seller: Organisation, product_id: UUID, now: datetime) -> None:
    """Show it no more. Harmless twice."""
    OpenBook.objects.filter(seller=seller, product_id=product_id, closed_at=None).update(closed_at=now)
