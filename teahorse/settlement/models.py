"""Fees, earnings, payouts, and the households a seller buys from. What a sale costs its seller is frozen when it is paid."""

import pgtrigger
from django.db import models

from teahorse.common.models import CountyOwned, Keyed
from teahorse.people.models import Organisation, ServicePoint


class FeeRule(Keyed):
    """
    What somebody gets of a sale, under conditions, from a day to a day. It is never changed, only ended.

    Of the rules of one kind that fit, the most specific holds: see ``rules.CONDITIONS`` for the order.
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

    class Beneficiary(models.TextChoices):
        PLATFORM = "platform", "the region's centre"
        CENTRE = "centre", "the county's centre"
        PICKUP = "pickup", "who runs the pickup point"
        PROVIDER = "provider", "the payment provider"

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
                condition=~models.Q(basis__in=("goods", "paid")) | models.Q(rate__lte=10_000), name="a_fee_is_no_more_than_the_whole"
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
        indexes = [models.Index(fields=["seller_id", "frozen_at"], name="sale_of_seller")]
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
        whole = self.paid_fen - self.refunded_fen + self.subsidy_fen - self.subsidy_back_fen
        return whole - (self.fees_fen - self.fees_back_fen)


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

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["fee", "refund_id"], name="a_refund_reverses_a_fee_once"),
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="a_reversal_is_of_something"),
        ]
        triggers = [pgtrigger.Protect(name="fee_reversals_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.amount_fen}"


class SubsidyLine(Keyed, Share):
    """What somebody who is not the seller pays of a sale's price: a budget, or the platform (nobody)."""

    sale = models.ForeignKey(Sale, models.PROTECT, related_name="subsidies", db_constraint=False, db_index=False)
    bearer_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sale", "bearer_id"], nulls_distinct=False, name="one_subsidy_per_bearer_and_sale"),
            models.CheckConstraint(
                condition=models.Q(amount_fen__gt=0, reversed_fen__gte=0, reversed_fen__lte=models.F("amount_fen")),
                name="a_subsidy_line_is_reversed_up_to_itself",
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="a_subsidy_stays_as_frozen", exclude=["reversed_fen"]),
            pgtrigger.Protect(name="subsidies_are_never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.amount_fen}"


class PayoutAccount(Keyed):
    """Where a seller's money goes: her bank account, as it was told last; an earlier one is kept."""

    seller = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    holder = models.CharField(max_length=80)
    bank = models.CharField(max_length=80)
    number = models.CharField(max_length=40)
    since_at = models.DateTimeField()
    told_by_id = models.UUIDField()
    until_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller"], condition=models.Q(until_at=None), name="one_living_payout_account_per_seller")
        ]
        triggers = [pgtrigger.ReadOnly(name="a_payout_account_is_told_anew", exclude=["until_at"])]

    def __str__(self) -> str:
        return f"{self.holder} …{self.number[-4:]}"


class BankFile(Keyed):
    """A file of payouts as it was given to the bank; ``digest`` is its SHA-256, which stands in its last line too."""

    number = models.CharField(max_length=24, unique=True)
    content = models.TextField()
    digest = models.CharField(max_length=64)
    count = models.IntegerField()
    amount_fen = models.BigIntegerField()
    made_at = models.DateTimeField()
    made_by_id = models.UUIDField()

    class Meta:
        triggers = [pgtrigger.Protect(name="a_bank_file_is_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.number


class Payout(CountyOwned):
    """
    Matured earnings of one seller on their way to her: ``draft -> approved -> sent -> paid``.

    Whoever prepares it does not approve it. A draft may be dropped; what is approved, sent or even paid may come back.
    """

    class State(models.TextChoices):
        DRAFT = "draft"
        APPROVED = "approved"
        SENT = "sent"
        PAID = "paid"
        RETURNED = "returned"
        DROPPED = "dropped"

    class Method(models.TextChoices):
        BANK = "bank"
        CASH = "cash"
        PROVIDER = "provider"

    ON_ITS_WAY = (State.APPROVED, State.SENT)

    seller = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    number = models.CharField(max_length=24, unique=True)
    method = models.CharField(max_length=8, choices=Method.choices)
    provider = models.CharField(max_length=20, blank=True, help_text="through which provider, where it is one")
    account = models.ForeignKey(PayoutAccount, models.PROTECT, related_name="+", null=True)
    amount_fen = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    prepared_at = models.DateTimeField()
    prepared_by_id = models.UUIDField()
    approved_at = models.DateTimeField(null=True)
    approved_by_id = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)
    bank_file = models.ForeignKey(BankFile, models.PROTECT, related_name="payouts", null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="a_payout_is_of_something"),
            models.CheckConstraint(
                condition=models.Q(approved_by_id=None) | ~models.Q(approved_by_id=models.F("prepared_by_id")),
                name="four_eyes_see_a_payout",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=("draft", "dropped")) | models.Q(approved_by_id__isnull=False, approved_at__isnull=False),
                name="nothing_is_paid_that_was_not_approved",
            ),
            models.CheckConstraint(
                condition=models.Q(method="bank", account__isnull=False) | ~models.Q(method="bank"), name="a_bank_needs_an_account"
            ),
            models.UniqueConstraint(fields=["seller"], condition=models.Q(state="draft"), name="one_draft_payout_per_seller"),
        ]
        indexes = [models.Index(fields=["county_id", "state", "-prepared_at"], name="payout_of_county")]
        triggers = [
            pgtrigger.ReadOnly(
                name="a_payout_stays_as_prepared",
                fields=["seller", "number", "method", "provider", "account", "amount_fen", "prepared_at", "prepared_by_id"],
            ),
            pgtrigger.Protect(name="payouts_are_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.FSM(
                name="payout_states",
                field="state",
                transitions=[
                    ("draft", "approved"),
                    ("draft", "dropped"),
                    ("approved", "sent"),
                    ("approved", "paid"),
                    ("approved", "returned"),
                    ("sent", "paid"),
                    ("sent", "returned"),
                    ("paid", "returned"),
                ],
            ),
            pgtrigger.Trigger(
                name="a_payout_is_the_sum_of_its_earnings",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                func="""
                    if new.state <> 'dropped' and new.amount_fen is distinct from
                        (select sum(amount_fen) from settlement_earning where payout_id = new.id)
                    and not exists (select from settlement_payout where id = new.id and state = 'dropped')
                    then
                        raise check_violation using message = 'a payout is not the sum of its earnings: ' || new.number;
                    end if;
                    return null;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.state}"


class PayoutEvent(Keyed):
    """What happened to a payout: by whom, with which number of the bank or receipt, who took the money."""

    payout = models.ForeignKey(Payout, models.PROTECT, related_name="events")
    kind = models.CharField(max_length=8, choices=Payout.State.choices)
    at = models.DateTimeField()
    by_id = models.UUIDField(null=True)
    reference = models.CharField(max_length=64, blank=True, help_text="the bank's or the receipt's number")
    received_by = models.CharField(max_length=80, blank=True, help_text="who signed for cash")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["payout", "kind"], name="a_payout_gets_somewhere_once")]
        triggers = [pgtrigger.Protect(name="payout_events_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.kind


class Earning(CountyOwned):
    """
    What a seller gets, or owes, by one fact: a closed order, a refund after closing, a payout that came back.

    It matures at the end of the return window and is then claimed by one payout.
    """

    class Kind(models.TextChoices):
        SALE = "sale"
        REVERSAL = "reversal"
        RETURNED = "returned"
        ADJUSTMENT = "adjustment"

    class State(models.TextChoices):
        MATURING = "maturing"
        PAYABLE = "payable"

    seller_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    source_id = models.UUIDField(help_text="the order, the refund, the payout")
    order_id = models.UUIDField(null=True)
    amount_fen = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.MATURING)
    earned_at = models.DateTimeField()
    matures_at = models.DateTimeField()
    payout = models.ForeignKey(Payout, models.PROTECT, related_name="earnings", null=True, db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "source_id"], name="a_fact_is_earned_once"),
            models.CheckConstraint(condition=~models.Q(amount_fen=0), name="an_earning_is_of_something"),
            models.CheckConstraint(condition=models.Q(payout=None) | models.Q(state="payable"), name="only_matured_earnings_are_paid"),
        ]
        indexes = [
            models.Index(fields=["matures_at"], name="earning_to_mature", condition=models.Q(state="maturing")),
            models.Index(fields=["seller_id"], name="earning_to_pay", condition=models.Q(state="payable", payout=None)),
            models.Index(fields=["payout"], name="earning_of_payout", condition=models.Q(payout__isnull=False)),
            models.Index(fields=["order_id"], name="earning_of_order"),
            models.Index(fields=["seller_id", "earned_at"], name="earning_of_seller"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="an_earning_stays_as_earned", exclude=["state", "payout"]),
            pgtrigger.Protect(name="earnings_are_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.FSM(name="earning_states", field="state", transitions=[("maturing", "payable")]),
            pgtrigger.Trigger(
                name="a_claimed_earning_is_let_go_by_a_draft_only",
                operation=pgtrigger.UpdateOf("payout_id"),
                when=pgtrigger.Before,
                condition=pgtrigger.Q(old__payout_id__isnull=False),
                func="""
                    if new.payout_id is distinct from old.payout_id
                       and (select state from settlement_payout where id = old.payout_id) not in ('draft', 'dropped') then
                        raise check_violation using message = 'an earning stays with the payout that claimed it';
                    end if;
                    return new;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_fen}"


class Difference(Keyed):
    """Two of our sources say different things about one sum: what was expected, what was found, who looks, until when."""

    class State(models.TextChoices):
        OPEN = "open"
        EXPLAINED = "explained"
        GONE = "gone"

    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=80, help_text="the payment, refund, order, payout or account")
    expected_fen = models.BigIntegerField()
    found_fen = models.BigIntegerField()
    reason = models.CharField(max_length=200, blank=True)
    owner_id = models.UUIDField(null=True, help_text="the organisation that looks; nobody: the house")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text="when it was found last")
    due_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    explained_by_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject"], condition=~models.Q(state="gone"), name="a_difference_stands_once")
        ]
        indexes = [models.Index(fields=["due_at"], name="difference_open", condition=models.Q(state="open"))]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


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
