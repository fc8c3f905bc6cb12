"""What a sale costs its seller and who bears its discounts: rules, and what was frozen by them when it was paid."""

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from teahorse.common.models import Keyed
from teahorse.payments.models import MerchantAccount, Sharing
from teahorse.people.models import Organisation, ServicePoint
from teahorse.settlement import rules


class FeeRule(Keyed):
    """
    What somebody gets of a sale, under conditions, from a day to a day. It is never changed, only ended.

    Of the rules of one kind that fit, the most specific holds: see ``rules.CONDITIONS`` for the order. Where one of the kind
    ``freight`` holds, somebody carries for the seller and gets it; where none does, she sends herself and keeps what is paid for it.
    """

    class Kind(models.TextChoices):
        COMMISSION = "commission"
        STATION = "station"
        HOST = "host"
        PACKING = "packing"
        PAYMENT = "payment"
        FREIGHT = "freight"

    class Basis(models.TextChoices):
        GOODS = "goods", "basis points of the goods"
        PAID = "paid", "basis points of goods and freight"
        ORDER = "order", "fen an order"
        KG = "kg", "fen a kilogram begun"
        FREIGHT = "freight", "basis points of what sending costs"

    class Beneficiary(models.TextChoices):
        PLATFORM = "platform", "the region's centre"
        CENTRE = "centre", "the county's centre"
        PICKUP = "pickup", "who runs the pickup point"
        PROVIDER = "provider", "the payment provider"

    PARTS = (Basis.GOODS, Basis.PAID, Basis.FREIGHT)
    """Bases of which the rate is a part, in basis points; of the others it is fen."""

    kind = models.CharField(max_length=12, choices=Kind.choices)
    basis = models.CharField(max_length=8, choices=Basis.choices)
    rate = models.IntegerField(help_text="basis points (150 is 1.5 %), or fen")
    beneficiary = models.CharField(max_length=10, choices=Beneficiary.choices)
    seller = models.ForeignKey(Organisation, models.PROTECT, related_name="+", null=True, blank=True)
    county_id = models.UUIDField(null=True, blank=True, help_text="the seller's county")
    seller_kind = models.CharField(max_length=20, choices=Organisation.Kind.choices, blank=True)
    provider = models.CharField(max_length=20, blank=True, help_text="paid through: wechat_pay, cash")
    pickup_level = models.CharField(max_length=10, choices=ServicePoint.Level.choices, blank=True)
    position = models.SmallIntegerField(default=0, help_text="among equally specific rules the lowest holds")
    since_date = models.DateField()
    until_date = models.DateField(null=True, blank=True, help_text="the first day on which it holds no more")
    name = models.CharField(max_length=80, help_text="as the seller reads it")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="a_fee_is_of_something"),
            models.CheckConstraint(
                condition=~models.Q(basis__in=("goods", "paid", "freight")) | models.Q(rate__lte=10_000),
                name="a_fee_is_no_more_than_the_whole",
            ),
            models.CheckConstraint(
                condition=~models.Q(basis="freight") | models.Q(kind="freight"), name="the_cost_of_sending_is_for_who_carries"
            ),
            models.CheckConstraint(
                condition=models.Q(until_date=None) | models.Q(until_date__gte=models.F("since_date")), name="a_rule_ends_after_it_begins"
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="a_fee_rule_is_never_changed_only_ended",
                fields=[
                    *("kind", "basis", "rate", "beneficiary", "seller", "county_id", "seller_kind", "provider", "pickup_level"),
                    *("position", "since_date"),
                ],
            ),
            pgtrigger.Protect(name="a_fee_rule_is_never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def terms(self) -> rules.Rule:
        """It as the division needs it."""
        return rules.Rule(
            id=self.pk,
            kind=self.kind,
            basis=self.basis,
            rate=self.rate,
            beneficiary=self.beneficiary,
            seller=self.seller_id,
            county=self.county_id,
            seller_kind=self.seller_kind,
            provider=self.provider,
            pickup_level=self.pickup_level,
            position=self.position,
            since_date=self.since_date,
            until_date=self.until_date,
        )


class Sale(models.Model):
    """
    One seller order in the books, under the order's key. Whoever books a fact of it locks this row.

    ``held_fen`` is what of the seller's ``held`` is this order's. ``paid_fen`` is the part of the payment that paid it,
    ``refunded_fen`` what of that went back at the seller's cost, ``subsidy_*`` what others paid of the price.
    """

    order_id = models.UUIDField(primary_key=True)
    county_id = models.UUIDField(editable=False)
    seller_id = models.UUIDField()
    number = models.CharField(max_length=24)
    held_fen = models.BigIntegerField(default=0)
    paid_fen = models.BigIntegerField(default=0)
    refunded_fen = models.BigIntegerField(default=0)
    subsidy_fen = models.BigIntegerField(default=0)
    subsidy_back_fen = models.BigIntegerField(default=0)
    fees_fen = models.BigIntegerField(default=0)
    fees_back_fen = models.BigIntegerField(default=0)
    frozen_at = models.DateTimeField(null=True, help_text="when it was paid: fees and discounts stand since")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(held_fen__gte=0), name="a_sale_never_holds_less_than_nothing"),
            models.CheckConstraint(
                condition=models.Q(refunded_fen__gte=0, refunded_fen__lte=models.F("paid_fen")), name="a_sale_gives_back_what_was_paid"
            ),
            models.CheckConstraint(
                condition=models.Q(subsidy_back_fen__gte=0, subsidy_back_fen__lte=models.F("subsidy_fen")),
                name="a_subsidy_goes_back_as_it_came",
            ),
            models.CheckConstraint(
                condition=models.Q(fees_back_fen__gte=0, fees_back_fen__lte=models.F("fees_fen")), name="a_fee_goes_back_as_it_came"
            ),
            models.CheckConstraint(
                condition=models.Q(fees_fen__lte=models.F("paid_fen") + models.F("subsidy_fen")), name="fees_are_never_more_than_the_sale"
            ),
        ]
        indexes = [
            models.Index(fields=["seller_id", "frozen_at"], name="sale_of_seller"),
            # sales lie in about the order in which they were paid, and such an index costs next to nothing to write
            BrinIndex(fields=["frozen_at"], name="sale_frozen_at", autosummarize=True),
        ]
        triggers = [
            pgtrigger.Protect(name="a_sale_is_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="a_sale_stays_whose_it_is", fields=["order_id", "seller_id", "county_id"]),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def sold_fen(self) -> int:
        """What was paid for it, by the buyer and by others."""
        return self.paid_fen + self.subsidy_fen

    @property
    def back_fen(self) -> int:
        """What of that went back."""
        return self.refunded_fen + self.subsidy_back_fen

    @property
    def fees_left_fen(self) -> int:
        """What of the fees stands."""
        return self.fees_fen - self.fees_back_fen

    @property
    def net_fen(self) -> int:
        """What the seller keeps of it as things stand."""
        return self.sold_fen - self.back_fen - self.fees_left_fen


class Share(models.Model):
    """What has a part in a sale: so many fen, of which so many have gone back with refunds."""

    amount_fen = models.BigIntegerField()
    reversed_fen = models.BigIntegerField(default=0)

    class Meta:
        abstract = True

    @property
    def left_fen(self) -> int:
        """What has not gone back."""
        return self.amount_fen - self.reversed_fen


class FeeLine(Keyed, Share):
    """One fee of one sale, frozen; ``reason`` says by which of its conditions the rule won."""

    sale = models.ForeignKey(Sale, models.PROTECT, related_name="fees", db_constraint=False, db_index=False)
    kind = models.CharField(max_length=12, choices=FeeRule.Kind.choices)
    rule = models.ForeignKey(FeeRule, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    beneficiary_id = models.UUIDField(null=True, help_text="who gets it; nobody: the house, or the provider")
    reason = models.CharField(max_length=80, help_text="the conditions that made it the most specific, or everyone")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sale", "kind"], name="one_fee_of_a_kind_per_sale"),
            models.CheckConstraint(
                condition=models.Q(amount_fen__gt=0, reversed_fen__gte=0, reversed_fen__lte=models.F("amount_fen")),
                name="a_fee_line_is_reversed_up_to_itself",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="a_fee_stays_as_frozen", exclude=["reversed_fen"]),
            pgtrigger.Protect(name="fees_are_never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_fen}"


class FeeReversal(Keyed):
    """What a refund took back of a fee."""

    fee = models.ForeignKey(FeeLine, models.PROTECT, related_name="reversals", db_constraint=False, db_index=False)
    refund_id = models.UUIDField()
    amount_fen = models.BigIntegerField()
    shared_fen = models.BigIntegerField(default=0, db_default=0, help_text="what of it comes back out of a share")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fee", "refund_id"], name="a_refund_reverses_a_fee_once"),
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="a_reversal_is_of_something"),
            models.CheckConstraint(
                condition=models.Q(shared_fen__gte=0, shared_fen__lte=models.F("amount_fen")), name="a_share_comes_back_within_its_reversal"
            ),
        ]
        triggers = [pgtrigger.Protect(name="fee_reversals_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.amount_fen}"


class SharedFee(Keyed, Share):
    """
    What of a fee is taken out of a part that the seller collected herself, when that is shared out; ``reversed_fen`` came back for refunds.

    ``account`` has it: none is the house, which owes it to whom the fee is for; the seller's own is a fee that is for herself.
    What could not be handed out is kept by the seller (``is_kept``), who owes it to the house. A sharing that was refused is divided anew.
    """

    fee = models.ForeignKey(FeeLine, models.PROTECT, related_name="shares", db_constraint=False, db_index=False)
    sharing = models.ForeignKey(Sharing, models.PROTECT, related_name="+")
    account = models.ForeignKey(MerchantAccount, models.PROTECT, related_name="+", null=True, db_index=False)
    is_kept = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fee", "sharing"], name="a_fee_is_taken_once_of_a_part"),
            models.CheckConstraint(
                condition=models.Q(amount_fen__gt=0, reversed_fen__gte=0, reversed_fen__lte=models.F("amount_fen")),
                name="a_shared_fee_comes_back_up_to_itself",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="a_shared_fee_stays_as_shared", exclude=["reversed_fen", "is_kept"]),
            pgtrigger.Trigger(
                name="a_shared_fee_ends_with_a_refused_sharing",
                operation=pgtrigger.Delete,
                when=pgtrigger.Before,
                func="""
                    if (select state from payments_sharing where id = old.sharing_id) <> 'failed' then
                        raise check_violation using message = 'what is shared out is not forgotten';
                    end if;
                    return old;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_fen}"


class SubsidyLine(Keyed, Share):
    """What somebody who is not the seller pays of a sale's price, or of sending it: a budget, or the platform (nobody)."""

    class Kind(models.TextChoices):
        DISCOUNT = "discount"
        FREIGHT = "freight"

    sale = models.ForeignKey(Sale, models.PROTECT, related_name="subsidies", db_constraint=False, db_index=False)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.DISCOUNT, db_default=Kind.DISCOUNT)
    bearer_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["sale", "kind", "bearer_id"], nulls_distinct=False, name="one_subsidy_per_kind_bearer_and_sale"
            ),
            models.CheckConstraint(
                condition=models.Q(amount_fen__gt=0, reversed_fen__gte=0, reversed_fen__lte=models.F("amount_fen")),
                name="a_subsidy_line_is_reversed_up_to_itself",
            ),
        ]
        indexes = [models.Index(fields=["bearer_id"], name="subsidy_of_bearer", condition=models.Q(bearer_id__isnull=False))]
        triggers = [
            pgtrigger.ReadOnly(name="a_subsidy_stays_as_frozen", exclude=["reversed_fen"]),
            pgtrigger.Protect(name="subsidies_are_never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.amount_fen}"
