"""Orders: one group per checkout, one order per seller, its lines and what was taken off them. What was agreed is frozen in the rows."""

from typing import Any

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Right

from teahorse.catalog.models import Product
from teahorse.common.models import CountyOwned, Keyed
from teahorse.people.models import Organisation, Person, ServicePoint

BY_INDEX = """
                    perform set_config('enable_seqscan', 'off', true);
                    {}
                    perform set_config('enable_seqscan', before, true);
                    return null;
                """
"""A trigger's body whose plans, kept for a session, look rows up: one made while a table was small would read it whole for ever."""


OVER_WHAT_IS_PLACED: dict[str, Any] = {
    "operation": pgtrigger.Insert,
    "when": pgtrigger.After,
    "level": pgtrigger.Statement,
    "referencing": pgtrigger.Referencing(new="placed"),
    "declare": [("wrong", "text"), ("before", "text := current_setting('enable_seqscan')")],
}
"""A trigger that looks once at all rows of a statement; they are called ``placed``."""


class OrderGroup(Keyed):
    """One checkout and one payment; its seller orders add up to it."""

    number = models.CharField(max_length=20)
    idempotency_key = models.UUIDField(unique=True)
    request_digest = models.CharField(max_length=64, help_text="what was asked; the same key with another digest is a conflict")
    person = models.ForeignKey(
        Person,
        models.DO_NOTHING,
        related_name="+",
        null=True,
        db_constraint=False,
        db_index=False,
        help_text="a trade record outlives its person",
    )
    contact_name = models.CharField(max_length=80)
    contact_phone = models.CharField(max_length=16)
    destination_code = models.CharField(max_length=12)
    destination_names = models.CharField(max_length=200)
    destination_line = models.CharField(max_length=200, blank=True)
    pickup_point = models.ForeignKey(ServicePoint, models.DO_NOTHING, related_name="+", null=True, db_constraint=False, db_index=False)
    goods_fen = models.BigIntegerField()
    discount_fen = models.BigIntegerField(default=0, db_default=0)
    freight_fen = models.BigIntegerField()
    total_fen = models.BigIntegerField()
    is_no_return_confirmed = models.BooleanField(
        default=False,
        db_default=False,
        help_text="the buyer ticked that what loses its worth when opened does not go back without a reason",
    )
    is_paid_on_delivery = models.BooleanField(
        default=False, db_default=False, help_text="paid in cash where it is fetched, when it is handed over"
    )
    origin = models.CharField(max_length=60, default="mall")
    locale = models.CharField(max_length=10, default="zh-hans")
    quote_version = models.CharField(max_length=16)
    note = models.CharField(max_length=200, blank=True)
    placed_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number"], name="a_number_names_one_group"),
            models.CheckConstraint(
                condition=models.Q(total_fen=models.F("goods_fen") - models.F("discount_fen") + models.F("freight_fen")),
                name="a_total_is_goods_less_discount_and_freight",
            ),
            models.CheckConstraint(
                condition=models.Q(discount_fen=0) | models.Q(discount_fen__gt=0, discount_fen__lt=models.F("goods_fen")),
                name="a_discount_leaves_something_to_pay",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-placed_at"], name="group_of_person"),
            models.Index(Right("contact_phone", 4), name="group_by_phone_tail"),
        ]
        triggers = [
            pgtrigger.Protect(name="a_group_is_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="a_group_stays_as_agreed",
                fields=["number", "goods_fen", "discount_fen", "freight_fen", "total_fen", "placed_at", "is_paid_on_delivery"],
            ),
        ]

    def __str__(self) -> str:
        return self.number


class SellerOrder(CountyOwned):
    """
    One seller's part of an order group.

    ``pending_payment -> paid -> preparing -> closed``, exits ``expired`` and ``cancelled``. Whether goods are packed,
    on their way or fetched is derived from the parcels, whether money went back from the refunds. What is sold before its
    harvest waits between: ``pending_payment -> presale_wait -> paid``. What is paid when it is handed over is ``agreed`` at
    once and packed unpaid, ``agreed -> preparing``; whether its money is here says ``paid_at`` alone.
    """

    class State(models.TextChoices):
        PENDING_PAYMENT = "pending_payment"
        AGREED = "agreed"
        PRESALE_WAIT = "presale_wait"
        PAID = "paid"
        PREPARING = "preparing"
        CLOSED = "closed"
        EXPIRED = "expired"
        CANCELLED = "cancelled"

    TO_PACK = (State.AGREED, State.PAID)

    # parts_add_up_to_the_group looks for the group, one_seller_order_per_seller is the index
    group = models.ForeignKey(OrderGroup, models.PROTECT, related_name="orders", db_constraint=False, db_index=False)
    number = models.CharField(max_length=24)
    seller = models.ForeignKey(Organisation, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    state = models.CharField(max_length=16, choices=State.choices, default=State.PENDING_PAYMENT)
    goods_fen = models.BigIntegerField()
    discount_fen = models.BigIntegerField(default=0, db_default=0)
    freight_fen = models.BigIntegerField(help_text="what the buyer pays for sending")
    freight_cost_fen = models.BigIntegerField(help_text="what sending costs, whoever bears it: what nobody else does, the seller")
    freight_subsidy_fen = models.BigIntegerField(default=0, db_default=0)
    freight_payer_id = models.UUIDField(null=True, help_text="the organisation that bears the freight's subsidy")
    total_fen = models.BigIntegerField()
    fees_fen = models.BigIntegerField(default=0, help_text="the network's fees on it, frozen at sale; 0 until fee rules exist")
    deposit_fen = models.BigIntegerField(null=True, help_text="what is paid first, of a pre-sale; empty: all of it")
    harvest_sale_id = models.UUIDField(null=True, help_text="the pre-sale by which it was bought")
    weight_grams = models.IntegerField()
    promised_from_date = models.DateField()
    promised_to_date = models.DateField()
    promise_basis = models.JSONField(default=dict, db_default={}, help_text="why so; see teahorse.orders.rules.PromiseBasis")
    placed_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    paid_by_id = models.UUIDField(null=True, help_text="the payment that paid it; another one goes back")
    packed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(total_fen=models.F("goods_fen") - models.F("discount_fen") + models.F("freight_fen")),
                name="a_seller_total_is_goods_less_discount_and_freight",
            ),
            models.CheckConstraint(
                condition=models.Q(discount_fen=0) | models.Q(discount_fen__gt=0, discount_fen__lt=models.F("goods_fen")),
                name="a_seller_order_keeps_a_fen",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    freight_fen__gte=0,
                    freight_subsidy_fen__gte=0,
                    freight_cost_fen__gte=models.F("freight_fen") + models.F("freight_subsidy_fen"),
                ),
                name="freight_is_borne_up_to_its_cost",
            ),
            models.CheckConstraint(
                condition=models.Q(freight_subsidy_fen=0, freight_payer_id=None)
                | models.Q(freight_subsidy_fen__gt=0, freight_payer_id__isnull=False),
                name="a_freight_subsidy_has_who_bears_it",
            ),
            models.UniqueConstraint(fields=["group", "seller"], name="one_seller_order_per_seller"),
            models.CheckConstraint(
                condition=models.Q(deposit_fen=None)
                | models.Q(harvest_sale_id__isnull=False, deposit_fen__gt=0, deposit_fen__lt=models.F("total_fen")),
                name="a_deposit_is_a_part_of_a_pre_sale",
            ),
        ]
        indexes = [
            models.Index(fields=["seller", "state", "-placed_at"], name="order_of_seller"),
            models.Index(fields=["county_id", "-placed_at"], name="order_of_county"),
            models.Index(fields=["harvest_sale_id", "state"], name="order_of_harvest_sale", condition=~models.Q(harvest_sale_id=None)),
            models.Index(fields=["paid_at"], name="order_paid_at", condition=models.Q(paid_at__isnull=False)),
            models.Index(fields=["ended_at"], name="order_closed_at", condition=models.Q(state="closed")),
            # orders lie in about the order in which they were placed, and such an index costs next to nothing to write
            BrinIndex(fields=["placed_at"], name="order_placed_at", autosummarize=True),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="an_order_stays_as_agreed",
                fields=[
                    "group",
                    "seller",
                    "county_id",
                    "goods_fen",
                    "discount_fen",
                    "freight_fen",
                    "freight_cost_fen",
                    "freight_subsidy_fen",
                    "freight_payer_id",
                    "total_fen",
                    "fees_fen",
                    "deposit_fen",
                    "harvest_sale_id",
                ],
            ),
            pgtrigger.Protect(name="an_order_is_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="parts_add_up_to_the_group",
                **OVER_WHAT_IS_PLACED,
                func=BY_INDEX.format("""
                    select string_agg(coalesce(g.number, parts.group_id::text), ', ') into wrong
                      from (select group_id, sum(total_fen) as total_fen, sum(discount_fen) as discount_fen, count(*) as count
                              from placed group by group_id) parts
                      left join lateral (
                            select number, total_fen, discount_fen from orders_ordergroup where id = parts.group_id offset 0
                           ) g on true
                     where g.total_fen is distinct from parts.total_fen or g.discount_fen is distinct from parts.discount_fen
                        or parts.count <> (select count(*) from orders_sellerorder o where o.group_id = parts.group_id);
                    if wrong is not null then
                        raise check_violation using message = 'the seller orders do not add up to the group: ' || wrong;
                    end if;
                """),
            ),
            pgtrigger.FSM(
                name="seller_order_states",
                field="state",
                transitions=[
                    ("pending_payment", "paid"),
                    ("pending_payment", "expired"),
                    ("pending_payment", "cancelled"),
                    ("expired", "paid"),
                    ("pending_payment", "presale_wait"),
                    ("expired", "presale_wait"),
                    ("presale_wait", "paid"),
                    ("presale_wait", "cancelled"),
                    ("pending_payment", "agreed"),
                    ("agreed", "paid"),
                    ("agreed", "preparing"),
                    ("agreed", "cancelled"),
                    ("paid", "preparing"),
                    ("paid", "cancelled"),
                    ("preparing", "closed"),
                    ("preparing", "cancelled"),
                ],
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_to_pay_on_delivery(self) -> bool:
        """Whether it is sent unpaid, and its money is not here yet."""
        return self.paid_at is None and self.state in {self.State.AGREED, self.State.PREPARING}

    @property
    def first_fen(self) -> int:
        """What is paid first: a pre-sale's deposit, else all of it."""
        return self.total_fen if self.deposit_fen is None else self.deposit_fen

    @property
    def freight_seller_fen(self) -> int:
        """What the seller herself bears of sending, where the buyer and a budget do not bear all of it."""
        return self.freight_cost_fen - self.freight_fen - self.freight_subsidy_fen

    @property
    def balance_fen(self) -> int:
        """What is to be paid after the harvest."""
        return self.total_fen - self.first_fen


class OrderLine(CountyOwned):
    """
    So many units of an offer, at the price and under the names of the moment of placing (``titles``: by language).

    What has ``nominal_grams`` (net, of one unit) was ordered by the piece and is weighed when it is packed (:class:`Weighing`).
    """

    order = models.ForeignKey(SellerOrder, models.PROTECT, related_name="lines", db_constraint=False, db_index=False)
    position = models.SmallIntegerField()
    offer_id = models.UUIDField()
    product_id = models.UUIDField()
    titles = models.JSONField()
    drawing = models.CharField(max_length=30)
    unit_price_fen = models.BigIntegerField()
    quantity = models.IntegerField()
    amount_fen = models.BigIntegerField()
    discount_fen = models.BigIntegerField(default=0, db_default=0)
    weight_grams = models.IntegerField()
    return_rule = models.CharField(
        max_length=12,
        choices=Product.ReturnRule.choices,
        default=Product.ReturnRule.SEVEN_DAYS,
        db_default=Product.ReturnRule.SEVEN_DAYS,
        help_text="whether it can be given back without a reason, as it was shown before buying",
    )
    nominal_grams = models.IntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount_fen=models.F("unit_price_fen") * models.F("quantity")), name="an_amount_is_price_times_quantity"
            ),
            models.CheckConstraint(
                condition=models.Q(discount_fen__gte=0, discount_fen__lte=models.F("amount_fen")),
                name="a_line_costs_nothing_less_than_nothing",
            ),
            models.CheckConstraint(condition=models.Q(quantity__range=(1, 999)), name="an_order_line_is_1_to_999_units"),
            models.UniqueConstraint(fields=["order", "position"], name="one_line_per_position"),
        ]
        triggers = [
            pgtrigger.Protect(name="order_lines_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="lines_add_up_to_the_order",
                **OVER_WHAT_IS_PLACED,
                func=BY_INDEX.format("""
                    select string_agg(coalesce(o.number, parts.order_id::text), ', ') into wrong
                      from (select order_id, sum(amount_fen) as goods_fen, sum(discount_fen) as discount_fen, min(position) as first
                              from placed group by order_id) parts
                      left join lateral (
                            select number, goods_fen, discount_fen from orders_sellerorder where id = parts.order_id offset 0
                           ) o on true
                     where o.goods_fen is distinct from parts.goods_fen or o.discount_fen is distinct from parts.discount_fen
                        or parts.first <> 1;
                    if wrong is not null then
                        raise check_violation using message = 'the lines do not add up to the order: ' || wrong;
                    end if;
                    -- those that are there add up: discounts_add_up_to_the_line has seen to it when they were written
                    if exists (
                        select from placed
                         where discount_fen > 0
                           and (select true from orders_linediscount d
                                 where d.order_id = placed.order_id and d.line_id = placed.id limit 1) is null
                    ) then
                        raise check_violation using message = 'the discounts of a line do not add up to what is taken off it';
                    end if;
                """),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title_in('zh-hans')}"

    def title_in(self, language: str | None) -> str:
        """Return what it was called when it was ordered, in a language; in Chinese where it had no name in that."""
        texts = self.titles.get("title") or {}
        return str(texts.get(language or "") or texts.get("zh-hans", ""))

    @property
    def quoted_fen(self) -> int:
        """What the buyer agreed to pay for it: its price less what was taken off."""
        return self.amount_fen - self.discount_fen

    @property
    def expected_grams(self) -> int | None:
        """What all its units weigh about, where they are weighed."""
        return self.nominal_grams * self.quantity if self.nominal_grams is not None else None


class LineDiscount(CountyOwned):
    """What a promotion took off an order line, under its names of that moment, and who bears it; all of a line add up to its discount."""

    class Bearer(models.TextChoices):
        SELLER = "seller"
        PLATFORM = "platform"
        BUDGET = "budget"

    # both are looked for by a_promotion_discounts_a_line_once, the order alone or with its line
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="discounts", db_constraint=False, db_index=False)
    order = models.ForeignKey(SellerOrder, models.PROTECT, related_name="discounts", db_constraint=False, db_index=False)
    promotion_id = models.UUIDField()
    titles = models.JSONField()
    bearer = models.CharField(max_length=8, choices=Bearer.choices)
    bearer_id = models.UUIDField(null=True, help_text="the organisation; none: the house itself")
    amount_fen = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "line", "promotion_id"], name="a_promotion_discounts_a_line_once"),
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="a_discount_takes_something_off"),
        ]
        triggers = [
            pgtrigger.Protect(name="discounts_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="discounts_add_up_to_the_line",
                **OVER_WHAT_IS_PLACED,
                func=BY_INDEX.format("""
                    select string_agg(parts.line_id::text, ', ') into wrong
                      from (select line_id, order_id from placed group by line_id, order_id) parts
                      left join lateral (select order_id, discount_fen from orders_orderline where id = parts.line_id offset 0) l on true
                     where l.order_id is distinct from parts.order_id
                        or l.discount_fen <> (select sum(d.amount_fen) from orders_linediscount d
                                               where d.order_id = parts.order_id and d.line_id = parts.line_id);
                    if wrong is not null then
                        raise check_violation using message = 'the discounts do not add up to what is taken off the line: ' || wrong;
                    end if;
                """),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount_fen} {self.titles.get('zh-hans', '')}"


class SellerNotice(Keyed):
    """One line on a seller's day: something happened to an order. Read ones carry a time."""

    class Kind(models.TextChoices):
        PLACED = "placed"
        AGREED = "agreed"
        PAID = "paid"
        CANCELLED = "cancelled"
        CASE = "case"
        TOPPED_UP = "topped_up"
        WAIVED = "waived"

    seller_id = models.UUIDField()
    order_id = models.UUIDField()
    subject_id = models.UUIDField(null=True, help_text="what of the order it is about, where there may be several: an after-sale case")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order_id", "kind", "subject_id"], nulls_distinct=False, name="a_seller_is_told_once")
        ]
        indexes = [models.Index(fields=["seller_id", "-at"], name="notice_unread", condition=models.Q(read_at=None))]

    def __str__(self) -> str:
        return self.kind
