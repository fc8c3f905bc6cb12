"""The households a seller buys from, and their shares."""

import pgtrigger
from django.db import models

from teahorse.common.models import Keyed
from teahorse.people.models import Organisation


class SubSeller(Keyed):
    """A household that a seller buys from; one that has left keeps its shares of what was sold before."""

    seller = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    note = models.CharField(max_length=200, blank=True, help_text="what was agreed on its shares")
    since_at = models.DateTimeField()
    written_by_id = models.UUIDField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "name"], condition=models.Q(left_at=None), name="one_household_of_a_name_per_seller")
        ]
        triggers = [
            pgtrigger.ReadOnly(name="a_household_stays_whose_it_is", fields=["seller", "name", "since_at", "written_by_id"]),
            pgtrigger.Protect(name="households_are_never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.name


class Division(Keyed):
    """
    From which households a seller's product comes, from a day on and until the day of the next one.

    It is never changed: what was entered wrongly is entered again, and of several from one day the last that was written holds.
    What its shares leave of the whole is the seller's own.
    """

    seller = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    product_id = models.UUIDField()
    since_date = models.DateField()
    written_at = models.DateTimeField()
    written_by_id = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["seller", "product_id", "-since_date", "-written_at"], name="division_of_product")]
        triggers = [pgtrigger.Protect(name="a_division_is_entered_anew", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.product_id} {self.since_date}"


class SubSellerShare(Keyed):
    """What of a product comes from one household, in basis points; the shares of a division are never more than the whole."""

    division = models.ForeignKey(Division, models.PROTECT, related_name="shares", db_index=False)
    sub_seller = models.ForeignKey(SubSeller, models.PROTECT, related_name="+")
    share_bp = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["division", "sub_seller"], name="a_household_has_one_share_of_a_product"),
            models.CheckConstraint(condition=models.Q(share_bp__range=(1, 10_000)), name="a_share_is_of_the_whole"),
        ]
        triggers = [
            pgtrigger.Protect(name="shares_of_households_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="shares_are_never_more_than_the_whole",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    perform from settlement_division where id = new.division_id for update;
                    if new.share_bp + (select coalesce(sum(share_bp), 0) from settlement_subsellershare
                                        where division_id = new.division_id) > 10000 then
                        raise check_violation using message = 'the shares of a product are more than the whole';
                    end if;
                    if (select seller_id from settlement_division where id = new.division_id)
                       is distinct from (select seller_id from settlement_subseller where id = new.sub_seller_id) then
                        raise check_violation using message = 'a household of another seller has no share';
                    end if;
                    return new;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.share_bp}"


class OpenBook(Keyed):
    """A seller lets everybody see how the price of a product divides, from a moment on and until she closes it again."""

    seller = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    product_id = models.UUIDField()
    since_at = models.DateTimeField()
    opened_by_id = models.UUIDField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product_id"], condition=models.Q(closed_at=None), name="a_products_book_is_open_once")
        ]
        triggers = [
            pgtrigger.ReadOnly(name="an_open_book_stays_whose_it_is", exclude=["closed_at"]),
            pgtrigger.Protect(name="open_books_are_never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.product_id} {self.since_at:%F}"
