"""What stories are told of: trade items, the lots that are made of them, and the places where that happens."""

import pgtrigger
from django.db import models
from modeltrans.fields import TranslationField

from teahorse.catalog.models import Offer, Variant
from teahorse.common.models import CountyOwned
from teahorse.people.models import Organisation
from teahorse.places.models import Area
from teahorse.trace.models.hearing import WHEN_ALIASES_ARE_GIVEN, WHEN_LOTS_ARE_MADE


class Site(CountyOwned):
    """Where something grows, is made or lies: a pasture, a workshop, a store; as coarsely shown to strangers as its owner chose."""

    class Kind(models.TextChoices):
        PASTURE = "pasture"
        FIELD = "field"
        FOREST = "forest"
        APIARY = "apiary"
        WORKSHOP = "workshop"
        SLAUGHTERHOUSE = "slaughterhouse"
        STORE = "store"
        COLLECTING_POINT = "collecting_point"

    class ShownAs(models.TextChoices):
        """How exactly strangers see where it is; nobody but its owner sees more."""

        POINT = "point"
        VILLAGE = "village"
        TOWNSHIP = "township"
        COUNTY = "county"

    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    key = models.SlugField(max_length=40)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    name = models.CharField(max_length=80)
    about = models.TextField(blank=True)
    ground = models.CharField(max_length=200, blank=True, help_text="pasture, field or forest, as its owner tells it")
    water = models.CharField(max_length=200, blank=True)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    height_m = models.SmallIntegerField(null=True, blank=True)
    shown_as = models.CharField(max_length=8, choices=ShownAs.choices, default=ShownAs.VILLAGE)
    left_at = models.DateTimeField(null=True, blank=True)
    i18n = TranslationField(fields=("name", "about", "ground", "water"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="an_owner_names_a_site_once"),
            models.CheckConstraint(
                condition=models.Q(latitude=None, longitude=None) | models.Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="a_site_is_on_the_earth",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TradeItem(CountyOwned):
    """
    A kind of goods that lots are made of: bought raw, made on the way, sold at the end.

    What is sold is a ``variant`` of the mall. ``unit`` is of UN/ECE Recommendation 20 (KGM, LTR); without one it is counted in pieces,
    each of which holds ``content`` in ``content_unit``, net; without that nobody knows how much is in one.
    """

    class Stage(models.TextChoices):
        RAW = "raw"
        MADE = "made"
        BY_PRODUCT = "by_product"
        SOLD = "sold"

    seller = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    key = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    stage = models.CharField(max_length=10, choices=Stage.choices)
    unit = models.CharField(max_length=3, blank=True)
    gtin = models.CharField(max_length=14, blank=True, help_text="of 14 digits, where its seller has a GS1 company prefix")
    variant = models.OneToOneField(Variant, models.PROTECT, related_name="trade_item", null=True, blank=True)
    flow_key = models.SlugField(max_length=40, blank=True, help_text="the flow in which it stands")
    part = models.SlugField(max_length=40, blank=True, help_text="what it is in that flow")
    is_serialised = models.BooleanField(default=False, help_text="each piece has a number of its own")
    tolerance_bp = models.SmallIntegerField(default=500, help_text="by how much a balance of it may be off, in hundredths of a percent")
    content = models.DecimalField(max_digits=10, decimal_places=4, null=True, blank=True, help_text="net, of one piece")
    content_unit = models.CharField(max_length=3, blank=True, default="")
    shelf_days = models.SmallIntegerField(null=True, blank=True)
    certificates = models.JSONField(default=list, blank=True, help_text="the kinds without which a lot is not sold")
    i18n = TranslationField(fields=("name",))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seller", "key"], name="a_seller_names_a_trade_item_once"),
            models.CheckConstraint(condition=models.Q(tolerance_bp__range=(0, 10000)), name="a_tolerance_is_a_part_of_the_whole"),
            models.CheckConstraint(
                condition=models.Q(content=None, content_unit="")
                | models.Q(content__isnull=False, content__gt=0) & ~models.Q(content_unit=""),
                name="a_content_is_some_of_a_unit",
            ),
            models.CheckConstraint(condition=models.Q(gtin="") | models.Q(gtin__regex=r"^\d{14}$"), name="a_gtin_has_fourteen_digits"),
        ]
        indexes = [models.Index(fields=["gtin"], name="trade_item_by_gtin", condition=~models.Q(gtin=""))]

    def __str__(self) -> str:
        return self.name


class Lot(CountyOwned):
    """
    So much of a trade item as came into being together; what became of it the events say.

    ``uri`` is its name in events, ``thing_id`` that name's key (:func:`teahorse.trace.rules.key_of`); both stay when its seller
    gets a GS1 prefix later: an ``Alias`` joins the new name to them.
    """

    seller = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    item = models.ForeignKey(TradeItem, models.PROTECT, related_name="lots")
    number = models.CharField(max_length=20)
    uri = models.TextField()
    thing_id = models.UUIDField(unique=True)
    amount = models.DecimalField(max_digits=14, decimal_places=3)
    made_at = models.DateTimeField()
    best_before = models.DateField(null=True, blank=True)
    site = models.ForeignKey(Site, models.PROTECT, related_name="+", null=True, blank=True)
    told_by_id = models.UUIDField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="a_lot_number_is_given_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="a_lot_is_of_something"),
        ]
        indexes = [models.Index(fields=["seller", "-created_at"], name="lot_of_seller")]
        triggers = [pgtrigger.Protect(name="lots_are_never_deleted", operation=pgtrigger.Delete), WHEN_LOTS_ARE_MADE]

    def __str__(self) -> str:
        return self.number


class Alias(CountyOwned):
    """Another name of the same thing, as when a maker without a prefix gets one; labels with the old name go on working."""

    thing_id = models.UUIDField(unique=True, help_text="the key of the name that is no longer given")
    stands_for_id = models.UUIDField(help_text="the key of the name that is")
    uri = models.TextField()
    since_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["stands_for_id"], name="alias_of_thing")]
        triggers = [pgtrigger.Protect(name="an_alias_stays", operation=pgtrigger.Update | pgtrigger.Delete), WHEN_ALIASES_ARE_GIVEN]

    def __str__(self) -> str:
        return self.uri


class LotStock(models.Model):
    """Units of a lot that can be packed for an offer, at the maker's; of one that is not sold in units there is no row."""

    lot = models.OneToOneField(Lot, models.PROTECT, primary_key=True, related_name="stock")
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="+")
    on_hand = models.IntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(on_hand__gte=0), name="never_pack_more_of_a_lot_than_there_is")]
        indexes = [models.Index(fields=["offer"], name="lot_with_units_of_offer", condition=models.Q(on_hand__gt=0))]

    def __str__(self) -> str:
        return f"{self.on_hand}"


class LotMovement(CountyOwned):
    """A change of a lot's units with its reason; never changed."""

    class Reason(models.TextChoices):
        MADE = "made"
        PACKED = "packed"
        RETURNED = "returned"
        SPOILED = "spoiled"
        COUNTED = "counted"
        RECALLED = "recalled"

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="movements")
    delta = models.IntegerField()
    reason = models.CharField(max_length=10, choices=Reason.choices)
    reference = models.UUIDField(null=True, help_text="the order's line, the event, the case")
    by_id = models.UUIDField(null=True)
    moved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lot", "reference", "reason"],
                condition=models.Q(reference__isnull=False),
                name="one_movement_of_a_lot_per_reference",
            )
        ]
        triggers = [pgtrigger.Protect(name="movements_of_lots_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.delta:+} {self.reason}"


class PackedLot(CountyOwned):
    """What of which lot lies in a parcel, for which line of the order; it is what a recall asks for."""

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="packed")
    order_id = models.UUIDField()
    line_id = models.UUIDField()
    parcel_id = models.UUIDField()
    quantity = models.IntegerField()
    packed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line_id", "lot"], name="a_line_takes_of_a_lot_once"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="a_packed_lot_is_of_something"),
        ]
        indexes = [
            models.Index(fields=["order_id"], name="packed_lot_of_order"),
            models.Index(fields=["parcel_id"], name="packed_lot_of_parcel"),
        ]
        triggers = [pgtrigger.Protect(name="what_was_packed_stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.quantity}"
