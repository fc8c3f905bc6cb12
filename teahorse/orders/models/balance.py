"""What is owed or given back after an order was placed: weighed goods, and harvests that were sold before they came."""

from datetime import datetime

import pgtrigger
from django.db import models

from teahorse.catalog.models import Offer
from teahorse.common.models import CountyOwned
from teahorse.orders.models.order import OrderLine, SellerOrder
from teahorse.people.models import Organisation


class Weighing(CountyOwned):
    """
    What the units of a line weighed when they were packed, once and for good; weights are net, of all units together.

    What they cost then (``weighed_fen``) is what they were quoted at, by weight, rounded down to the fen. All lines of an
    order are weighed in one ``run_id``: the refund of the difference carries it, what is owed is a :class:`BalanceDue`.
    """

    line = models.OneToOneField(OrderLine, models.PROTECT, related_name="weighing", db_constraint=False)
    run_id = models.UUIDField()
    nominal_grams = models.IntegerField()
    actual_grams = models.IntegerField()
    quoted_fen = models.BigIntegerField()
    weighed_fen = models.BigIntegerField()
    weighed_by_id = models.UUIDField(null=True, help_text="empty where a seller's system did it")
    weighed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(nominal_grams__gt=0, actual_grams__gt=0), name="what_is_weighed_has_a_weight"),
            models.CheckConstraint(
                condition=models.Q(weighed_fen=models.F("quoted_fen") * models.F("actual_grams") / models.F("nominal_grams")),
                name="what_is_weighed_costs_its_weight",
            ),
        ]
        triggers = [pgtrigger.Protect(name="weighings_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.actual_grams} g"

    @property
    def difference_fen(self) -> int:
        """What is owed more (above 0) or goes back (below 0) for this line."""
        return self.weighed_fen - self.quoted_fen


class BalanceDue(CountyOwned):
    """
    Something more that a buyer is asked to pay for an order after her first payment.

    ``asked -> paid | waived | lapsed``. A payment of it has this row's key as its reference, its only split the order's. An
    unpaid difference of weight is waived at its deadline; the rest of a pre-sale lapses, and the order with it. What is paid
    on delivery is the whole total; its deadline moves on with its parcel, never back.
    """

    class Kind(models.TextChoices):
        WEIGHT = "weight"
        PRESALE_BALANCE = "presale_balance"
        ON_DELIVERY = "on_delivery"

    class State(models.TextChoices):
        ASKED = "asked"
        PAID = "paid"
        WAIVED = "waived"
        LAPSED = "lapsed"

    order = models.ForeignKey(SellerOrder, models.PROTECT, related_name="balances", db_constraint=False, db_index=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    amount_fen = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    paid_by_id = models.UUIDField(null=True, help_text="the payment that paid it; another one goes back")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "kind"], name="one_balance_per_order_and_kind"),
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="a_balance_is_of_something"),
            models.CheckConstraint(
                condition=models.Q(state="paid", paid_by_id__isnull=False) | ~models.Q(state="paid") & models.Q(paid_by_id=None),
                name="what_is_paid_knows_its_payment",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="balance_to_settle", condition=models.Q(state="asked")),
            models.Index(fields=["settled_at"], name="balance_paid_at", condition=models.Q(state="paid")),
            models.Index(fields=["settled_at"], name="balance_lapsed_at", condition=models.Q(state="lapsed")),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="a_balance_stays_as_asked", fields=["order", "county_id", "kind", "amount_fen", "asked_at"]),
            pgtrigger.Protect(
                name="a_balance_is_never_due_earlier",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__due_at__lt=pgtrigger.F("old__due_at"))
                | (~pgtrigger.Q(old__kind="on_delivery") & pgtrigger.Q(new__due_at__gt=pgtrigger.F("old__due_at"))),
            ),
            pgtrigger.Protect(name="a_balance_is_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.FSM(name="balance_states", field="state", transitions=[("asked", "paid"), ("asked", "waived"), ("asked", "lapsed")]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_fen} {self.state}"


class HarvestSale(CountyOwned):
    """
    An offer that is sold before its harvest, in a window ``[opens_at, closes_at)``, to be sent by a day.

    ``open -> harvested | failed``. Its capacity is what stands as on hand of the offer, so that ``never_promise_more_than_on_hand``
    holds it. Of what is harvested (``harvested_units``) those who paid first are served first; ``settled_at`` says that every
    order was decided on and the stock set right; until then the offer is sold in no other way.
    """

    class State(models.TextChoices):
        OPEN = "open"
        HARVESTED = "harvested"
        FAILED = "failed"

    offer = models.ForeignKey(Offer, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    seller = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    ship_by_date = models.DateField()
    deposit_basis_points = models.IntegerField(default=10_000, help_text="of what the goods cost; 10000 is the whole, freight with it")
    note = models.CharField(max_length=200, blank=True, help_text="the seller's words to buyers")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField()
    opened_by_id = models.UUIDField(null=True)
    declared_at = models.DateTimeField(null=True)
    declared_by_id = models.UUIDField(null=True)
    harvested_units = models.IntegerField(null=True)
    capacity_units = models.IntegerField(null=True, help_text="what stood as on hand when it was declared")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["offer"], condition=models.Q(settled_at=None), name="one_harvest_sale_per_offer_at_a_time"),
            models.CheckConstraint(condition=models.Q(opens_at__lt=models.F("closes_at")), name="a_harvest_sale_has_a_window"),
            models.CheckConstraint(condition=models.Q(deposit_basis_points__range=(1, 10_000)), name="a_deposit_is_a_share"),
            models.CheckConstraint(
                condition=models.Q(state="open", harvested_units=None, capacity_units=None, settled_at=None)
                | models.Q(state="harvested", harvested_units__isnull=False, harvested_units__gt=0, capacity_units__isnull=False)
                | models.Q(state="failed", harvested_units__isnull=False, harvested_units=0, capacity_units__isnull=False),
                name="what_is_declared_knows_its_units",
            ),
        ]
        indexes = [
            models.Index(fields=["seller", "-opened_at"], name="harvest_sale_of_seller"),
            models.Index(fields=["ship_by_date"], name="harvest_sale_open", condition=models.Q(state="open")),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="a_harvest_sale_stays_as_offered",
                fields=["offer", "seller", "county_id", "opens_at", "closes_at", "ship_by_date", "deposit_basis_points"],
            ),
            pgtrigger.Protect(name="a_harvest_sale_is_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.FSM(name="harvest_sale_states", field="state", transitions=[("open", "harvested"), ("open", "failed")]),
        ]

    def __str__(self) -> str:
        return f"{self.offer_id} {self.state}"

    def is_selling(self, now: datetime) -> bool:
        """Whether it can be bought by now."""
        return self.state == self.State.OPEN and self.opens_at <= now < self.closes_at
