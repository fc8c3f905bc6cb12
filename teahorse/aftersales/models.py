"""
After-sale cases.

A case is of one seller order and some of its lines. What it is worth is computed when it is opened and frozen when it is
decided; the units and the fen of all cases of a line never exceed what was bought. Decision and money are two things: a
case is ``refunding`` until the money has arrived.
"""

import pgtrigger
from django.db import models

from teahorse.common.models import CountyOwned
from teahorse.orders.models import OrderLine, SellerOrder


class AfterSaleCase(CountyOwned):
    """
    What a buyer asks for after goods were sent, and where it stands.

    ``seller_review -> offered | refused <-> escalated -> await_return -> return_in_transit -> inspect -> refunding | sending
    -> sent_again -> done | closed``. In every state but the last two somebody (``owner``) has to act until ``due_at``.
    """

    class Kind(models.TextChoices):
        REFUND_ONLY = "refund_only"
        RETURN_REFUND = "return_refund"
        EXCHANGE = "exchange"
        SEND_AGAIN = "send_again"
        COMPENSATION = "compensation"

    class Reason(models.TextChoices):
        WEIGHT_SHORT = "weight_short"
        SPOILED_ON_THE_WAY = "spoiled_on_the_way"
        WRONG_GOODS = "wrong_goods"
        DAMAGED = "damaged"
        NOT_AS_DESCRIBED = "not_as_described"
        NO_REASON = "no_reason"
        NEVER_CAME = "never_came"
        OTHER = "other"

    class State(models.TextChoices):
        SELLER_REVIEW = "seller_review"
        OFFERED = "offered"
        REFUSED = "refused"
        ESCALATED = "escalated"
        AWAIT_RETURN = "await_return"
        RETURN_IN_TRANSIT = "return_in_transit"
        INSPECT = "inspect"
        SENDING = "sending"
        SENT_AGAIN = "sent_again"
        REFUNDING = "refunding"
        DONE = "done"
        CLOSED = "closed"

    class Owner(models.TextChoices):
        NOBODY = ""
        BUYER = "buyer"
        SELLER = "seller"
        STATION = "station"
        CENTRE = "centre"

    class Outcome(models.TextChoices):
        OPEN = ""
        REFUNDED = "refunded"
        SENT = "sent"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"
        LAPSED = "lapsed"

    ENDED = (State.DONE, State.CLOSED)

    order = models.ForeignKey(SellerOrder, models.PROTECT, related_name="cases")
    number = models.CharField(max_length=30, unique=True, help_text="the order's, and which case of it")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    story = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=18, choices=State.choices, default=State.SELLER_REVIEW)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    owner = models.CharField(max_length=8, choices=Owner.choices, blank=True)
    due_at = models.DateTimeField(null=True, help_text="when time decides, or the centre is asked to look")
    worth_fen = models.BigIntegerField(help_text="what the buyer paid for these units, with the freight where that goes back too")
    freight_fen = models.BigIntegerField(default=0, help_text="the freight in it")
    is_freight_back = models.BooleanField(
        default=False,
        db_default=False,
        help_text="whether what was paid for sending goes back too, in the proportion of what is agreed: the buyer's part, and a budget's",
    )
    asked_fen = models.BigIntegerField()
    offered_fen = models.BigIntegerField(null=True)
    agreed_fen = models.BigIntegerField(null=True, help_text="what the buyer gets; frozen when it is decided")
    hand_in_code = models.CharField(max_length=8, blank=True, help_text="what the station asks for")
    return_carrier = models.CharField(max_length=20, blank=True, help_text="where the buyer sends it back herself")
    return_number = models.CharField(max_length=40, blank=True)
    refund_id = models.UUIDField(null=True)
    refund_trouble = models.CharField(max_length=200, blank=True)
    opened_by_id = models.UUIDField(null=True, help_text="the buyer; nothing for a guest")
    opened_at = models.DateTimeField()
    handed_in_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True, help_text="when the goods were back at the seller")
    decided_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(asked_fen__gte=0, asked_fen__lte=models.F("worth_fen")), name="nobody_asks_more_than_it_is_worth"
            ),
            models.CheckConstraint(
                condition=(models.Q(agreed_fen=None) | models.Q(agreed_fen__gte=0, agreed_fen__lte=models.F("worth_fen")))
                & (models.Q(offered_fen=None) | models.Q(offered_fen__gte=0, offered_fen__lte=models.F("worth_fen"))),
                name="nobody_gets_more_than_it_is_worth",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=("done", "closed"), owner="", due_at=None, ended_at__isnull=False) & ~models.Q(outcome="")
                | ~models.Q(state__in=("done", "closed")) & ~models.Q(owner="") & models.Q(due_at__isnull=False, ended_at=None, outcome=""),
                name="an_open_case_has_an_owner_and_a_deadline",
            ),
            models.UniqueConstraint(
                fields=["hand_in_code"],
                condition=models.Q(state="await_return") & ~models.Q(hand_in_code=""),
                name="a_hand_in_code_is_of_one_case",
            ),
        ]
        indexes = [
            models.Index(fields=["order"], name="case_of_order"),
            models.Index(fields=["due_at"], name="case_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=["order"], name="case_in_need", condition=models.Q(state="escalated") | ~models.Q(refund_trouble="")),
            models.Index(fields=["hand_in_code"], name="case_by_code", condition=~models.Q(hand_in_code="")),
            models.Index(fields=["owner", "order"], name="case_of_owner", condition=~models.Q(owner="")),
            models.Index(fields=["decided_at"], name="case_without_money", condition=models.Q(agreed_fen=0, outcome="refunded")),
        ]
        triggers = [
            pgtrigger.Protect(name="a_case_is_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="a_case_stays_as_asked",
                fields=[
                    *("order", "county_id", "number", "kind", "reason", "story", "worth_fen", "freight_fen", "is_freight_back"),
                    *("asked_fen", "opened_at"),
                ],
            ),
            pgtrigger.FSM(
                name="case_states",
                field="state",
                transitions=[
                    ("seller_review", "offered"),
                    ("seller_review", "refused"),
                    ("seller_review", "await_return"),
                    ("seller_review", "sending"),
                    ("seller_review", "refunding"),
                    ("seller_review", "closed"),
                    ("offered", "escalated"),
                    ("offered", "await_return"),
                    ("offered", "refunding"),
                    ("offered", "closed"),
                    ("refused", "escalated"),
                    ("refused", "closed"),
                    ("escalated", "await_return"),
                    ("escalated", "sending"),
                    ("escalated", "refunding"),
                    ("escalated", "closed"),
                    ("await_return", "return_in_transit"),
                    ("await_return", "closed"),
                    ("return_in_transit", "inspect"),
                    ("return_in_transit", "escalated"),
                    ("inspect", "sending"),
                    ("inspect", "refunding"),
                    ("inspect", "refused"),
                    ("sending", "sent_again"),
                    ("sending", "refunding"),
                    ("sent_again", "done"),
                    ("sent_again", "escalated"),
                    ("refunding", "done"),
                ],
            ),
            pgtrigger.Trigger(
                name="parts_add_up_to_what_is_agreed",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(new__state="refunding", old__state__df=pgtrigger.F("new__state")),
                declare=[("parts", "bigint")],
                func="""
                    select coalesce(sum(buyer_fen), 0) into parts from aftersales_caseline where case_id = new.id;
                    if new.agreed_fen is null or parts > new.agreed_fen or new.agreed_fen > parts + new.freight_fen then
                        raise check_violation using message = 'the lines do not add up to what is agreed';
                    end if;
                    return new;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def freight_subsidy_fen(self) -> int:
        """What a budget gets back of what it paid for sending, in the proportion of what was agreed."""
        if not self.is_freight_back or not self.agreed_fen:
            return 0
        return self.order.freight_subsidy_fen * self.agreed_fen // self.worth_fen

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to act."""
        return self.state not in self.ENDED


class CaseLine(CountyOwned):
    """
    So many units of an order line in a case. ``worth_fen`` is the buyer's part of them, ``buyer_fen`` what she gets of it.

    The units of all cases that took them (money for goods, not for patience) are never more than were bought, nor is what goes
    back for them more than they cost: what was quoted, or by weight where the difference was settled (``orders.owing``).
    """

    case = models.ForeignKey(AfterSaleCase, models.PROTECT, related_name="lines")
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="+")
    quantity = models.IntegerField()
    worth_fen = models.BigIntegerField()
    buyer_fen = models.BigIntegerField(default=0)
    is_open = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line"], condition=models.Q(is_open=True), name="one_open_case_per_order_line"),
            models.UniqueConstraint(fields=["case", "line"], name="a_case_names_a_line_once"),
            models.CheckConstraint(condition=models.Q(quantity__range=(1, 999)), name="a_case_line_is_1_to_999_units"),
            models.CheckConstraint(
                condition=models.Q(buyer_fen__gte=0, buyer_fen__lte=models.F("worth_fen")),
                name="a_line_gives_back_what_it_is_worth_at_most",
            ),
        ]
        indexes = [models.Index(fields=["line"], name="case_of_line")]
        triggers = [
            pgtrigger.Protect(name="a_case_line_is_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="a_case_line_stays_as_asked", fields=["case", "line", "quantity", "worth_fen"]),
            pgtrigger.Trigger(
                name="no_more_units_than_were_bought",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                declare=[
                    ("of_order", "uuid"),
                    ("heavier", "bigint"),
                    ("bought", "int"),
                    ("settled", "int"),
                    ("paid", "bigint"),
                    ("back", "bigint"),
                ],
                func="""
                    select order_id into of_order from aftersales_aftersalecase where id = new.case_id;
                    perform from orders_sellerorder where id = of_order for update;
                    select sum(w.weighed_fen - w.quoted_fen) into heavier
                      from orders_orderline l join orders_weighing w on w.line_id = l.id where l.order_id = of_order;
                    select l.quantity, case when heavier <= 0 then coalesce(w.weighed_fen, l.amount_fen - l.discount_fen)
                                            when due.id is not null then greatest(w.weighed_fen, l.amount_fen - l.discount_fen)
                                            else l.amount_fen - l.discount_fen end
                      into bought, paid
                      from orders_orderline l
                      left join orders_weighing w on w.line_id = l.id
                      left join orders_balancedue due on due.order_id = of_order and due.kind = 'weight' and due.state = 'paid'
                     where l.id = new.line_id and l.order_id = of_order;
                    select coalesce(sum(l.quantity) filter (where c.kind <> 'compensation'), 0), coalesce(sum(l.buyer_fen), 0)
                      into settled, back
                      from aftersales_caseline l
                      join aftersales_aftersalecase c on c.id = l.case_id
                     where l.line_id = new.line_id and c.outcome in ('', 'refunded');
                    if bought is null or settled + new.quantity > bought or back + new.worth_fen > paid then
                        raise check_violation using message = 'more units would go back than were bought';
                    end if;
                    return new;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line_id}"


class CaseShare(CountyOwned):
    """What of a case line goes back to somebody else who bore a part of its price; ``worth_fen`` is her part of the units."""

    class Bearer(models.TextChoices):
        SELLER = "seller"
        PLATFORM = "platform"
        BUDGET = "budget"

    case_line = models.ForeignKey(CaseLine, models.PROTECT, related_name="shares")
    bearer = models.CharField(max_length=10, choices=Bearer.choices)
    bearer_id = models.UUIDField(null=True)
    worth_fen = models.BigIntegerField()
    amount_fen = models.BigIntegerField(default=0, help_text="frozen when it is decided")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case_line", "bearer", "bearer_id"], nulls_distinct=False, name="a_bearer_has_one_share_of_a_line"
            ),
            models.CheckConstraint(
                condition=models.Q(amount_fen__gte=0, amount_fen__lte=models.F("worth_fen")), name="a_share_is_worth_it_at_most"
            ),
        ]
        triggers = [pgtrigger.Protect(name="a_share_is_never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.bearer} {self.amount_fen}"


class CasePhoto(CountyOwned):
    """
    A photograph that shows what is wrong, written anew without what the camera told of place and time.

    It lies in the database, not among the pictures that everybody may see. It is sent before its case is opened, so that a
    refused form loses none; one whose case never came is swept after a day.
    """

    case_id = models.UUIDField(help_text="the case's key, which the form has before there is a case")
    order = models.ForeignKey(SellerOrder, models.PROTECT, related_name="+")
    by_seller = models.BooleanField(default=False)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    small = models.BinaryField()
    added_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case_id", "sha256"], name="a_case_has_a_photograph_once")]
        indexes = [models.Index(fields=["order", "added_at"], name="photo_of_order")]

    def __str__(self) -> str:
        return self.sha256[:12]


class CaseEvent(CountyOwned):
    """Who did what in a case, and what she said; only ever added."""

    class Party(models.TextChoices):
        BUYER = "buyer"
        SELLER = "seller"
        STATION = "station"
        CENTRE = "centre"
        TIME = "time"
        HOUSE = "house"

    case = models.ForeignKey(AfterSaleCase, models.PROTECT, related_name="events")
    act = models.CharField(max_length=20)
    party = models.CharField(max_length=8, choices=Party.choices)
    by_id = models.UUIDField(null=True)
    note = models.CharField(max_length=500, blank=True)
    amount_fen = models.BigIntegerField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["case", "at"], name="event_of_case")]
        triggers = [pgtrigger.Protect(name="case_events_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.act} {self.at:%F %T}"
