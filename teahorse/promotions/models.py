"""Promotions and their uses. Limits and budgets are counters that constraints stand behind; terms never change once they are offered."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from modeltrans.fields import TranslationField

from teahorse.common.models import CountyOwned, Keyed
from teahorse.people.models import Organisation
from teahorse.promotions.rules import OF_ONE_SELLER

TERMS = [
    *("owner", "county_id", "kind", "stage", "percent_bp", "off_fen", "threshold_fen", "scope", "scope_ids", "bearer"),
    *("bearer_party", "per_person", "most_uses", "starts_at", "ends_at", "title", "i18n"),
]


class Promotion(CountyOwned):
    """
    What takes something off prices in a window ``[starts_at, ends_at)``: for whom, for what, how often, and who bears it.

    How several meet stands in :mod:`teahorse.promotions.rules`. ``spent_fen`` and ``uses`` count what is held by orders that wait and
    what was used by paid ones; they are kept where something is limited (:attr:`is_counted`), so that nobody waits for the row of
    a discount that everybody gets.
    """

    class Kind(models.TextChoices):
        AUTOMATIC = "automatic", _("for everybody, by itself")
        COUPON_CODE = "coupon_code", _("by a code")
        VOUCHER = "voucher", _("a voucher that people fetch")

    class Stage(models.TextChoices):
        SELLER_AUTOMATIC = "seller_automatic"
        SELLER_COUPON = "seller_coupon"
        PLATFORM = "platform"
        COUNTY_VOUCHER = "county_voucher"

    class Scope(models.TextChoices):
        ALL = "all", _("All goods")
        CATEGORY = "category", _("Kinds of goods")
        SELLER = "seller", _("Sellers")
        COUNTY = "county", _("Goods of a county")
        PRODUCTS = "products", _("Single goods")

    class Bearer(models.TextChoices):
        SELLER = "seller", _("the seller")
        PLATFORM = "platform", _("the platform")
        BUDGET = "budget", _("a public budget")

    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    stage = models.CharField(max_length=16, choices=Stage.choices)
    title = models.CharField(max_length=60)
    percent_bp = models.SmallIntegerField(default=0, help_text="hundredths of a percent; 0 for a fixed sum")
    off_fen = models.BigIntegerField(default=0, help_text="a fixed sum; 0 for a percentage")
    threshold_fen = models.BigIntegerField(default=0, help_text="what the goods in its scope cost at least, before discounts")
    scope = models.CharField(max_length=8, choices=Scope.choices, default=Scope.ALL)
    scope_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True, blank=True)
    per_person = models.SmallIntegerField(null=True, blank=True, help_text="how often by one verified phone; empty: as often as one likes")
    most_uses = models.IntegerField(null=True, blank=True)
    uses = models.IntegerField(default=0)
    budget_fen = models.BigIntegerField(null=True, blank=True)
    spent_fen = models.BigIntegerField(default=0)
    bearer = models.CharField(max_length=8, choices=Bearer.choices)
    bearer_party = models.ForeignKey(Organisation, models.PROTECT, related_name="+", null=True, blank=True)
    made_by_id = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    i18n = TranslationField(fields=("title",))

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-starts_at"], name="promotion_of_owner"),
            models.Index(fields=["ends_at"], name="promotion_automatic", condition=Q(kind="automatic")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(percent_bp__range=(1, 10_000), off_fen=0) | Q(percent_bp=0, off_fen__gt=0),
                name="a_percentage_or_a_fixed_sum",
            ),
            models.CheckConstraint(condition=Q(threshold_fen__gte=0), name="a_threshold_is_not_negative"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="a_promotion_has_a_length"),
            models.CheckConstraint(
                condition=Q(spent_fen__gte=0) & (Q(budget_fen=None) | Q(spent_fen__lte=F("budget_fen"))),
                name="never_spend_more_than_the_budget",
            ),
            models.CheckConstraint(
                condition=Q(uses__gte=0) & (Q(most_uses=None) | Q(uses__lte=F("most_uses"))), name="never_use_more_often_than_allowed"
            ),
            models.CheckConstraint(condition=Q(per_person=None) | Q(per_person__gte=1), name="a_person_may_use_it_once_at_least"),
            models.CheckConstraint(
                condition=Q(bearer="budget", bearer_party__isnull=False)
                | Q(bearer="seller", bearer_party=None, stage__in=sorted(OF_ONE_SELLER))
                | Q(bearer="platform", bearer_party=None),
                name="somebody_bears_it",
            ),
            models.CheckConstraint(condition=Q(scope="all") ^ Q(scope_ids__len__gt=0), name="a_scope_names_what_lies_in_it"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="terms_stay_as_offered", fields=TERMS),
            pgtrigger.Protect(name="a_promotion_is_never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_counted(self) -> bool:
        """Whether something of it is limited, so that its uses are counted under its lock."""
        return self.kind != self.Kind.AUTOMATIC or any(limit is not None for limit in (self.per_person, self.most_uses, self.budget_fen))

    @property
    def left_fen(self) -> int | None:
        """What is left of its budget."""
        return None if self.budget_fen is None else self.budget_fen - self.spent_fen


class Coupon(Keyed):
    """
    What gives a person a promotion: a code that anybody may type, or a voucher that belongs to one verified phone.

    One that ``is_single`` is used once; how often the others are is the promotion's own limit.
    """

    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="coupons")
    code = models.CharField(max_length=24, unique=True)
    phone = models.CharField(max_length=16, blank=True, help_text="whose it is; empty: whoever knows the code")
    is_single = models.BooleanField(default=False)
    issued_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["phone", "-issued_at"], name="coupon_of_phone", condition=~Q(phone=""))]
        constraints = [
            models.UniqueConstraint(fields=["promotion", "phone"], name="a_person_fetches_a_voucher_once"),
            models.CheckConstraint(condition=~Q(code=""), name="a_coupon_has_a_code"),
            models.CheckConstraint(condition=Q(phone="") | Q(is_single=True), name="a_persons_coupon_is_used_once"),
        ]
        triggers = [
            pgtrigger.Protect(name="coupons_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.code


class CouponUse(Keyed):
    """
    A counted promotion serves an order group (``reference``): held while it waits for money, used when it is paid, else released.

    How often and for how much a promotion is used its own row says (:class:`Promotion`); nothing looks for the uses of one here.
    ``phone`` and ``turn`` - the how manieth use of this person - are kept where a person may use it so often only, ``coupon``
    where it may be used once.
    """

    class State(models.TextChoices):
        HELD = "held"
        USED = "used"
        RELEASED = "released"

    OPEN = (State.HELD, State.USED)

    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    reference = models.UUIDField()
    coupon = models.ForeignKey(Coupon, models.PROTECT, related_name="+", null=True, db_constraint=False, db_index=False)
    phone = models.CharField(max_length=16, blank=True)
    turn = models.SmallIntegerField(default=0)
    amount_fen = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.HELD)
    held_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["reference", "promotion"], name="a_promotion_serves_a_group_once"),
            models.UniqueConstraint(
                fields=["promotion", "phone", "turn"],
                condition=~Q(phone="") & Q(state__in=("held", "used")),
                name="a_person_uses_it_no_more_often",
            ),
            models.UniqueConstraint(
                fields=["coupon"], condition=Q(coupon__isnull=False, state__in=("held", "used")), name="a_coupon_is_used_once"
            ),
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="a_use_takes_something_off"),
            models.CheckConstraint(condition=Q(phone="", turn=0) | (~Q(phone="") & Q(turn__gte=1)), name="a_turn_is_somebodys"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="a_use_stays_as_agreed", fields=["promotion", "reference", "coupon", "amount_fen", "phone"]),
            pgtrigger.Protect(name="a_use_is_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.FSM(
                name="use_states",
                field="state",
                transitions=[("held", "used"), ("held", "released"), ("used", "released"), ("released", "held")],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.amount_fen}"
