"""The goods. The tables of products, variants and offers hold what the centre last approved; work in progress is a draft."""

import hashlib
import json

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from modeltrans.fields import TranslationField

from teahorse.catalog.definitions import check_definitions
from teahorse.common.models import CountyOwned, Keyed
from teahorse.people.models import Organisation, Person
from teahorse.places.models import Area


class Category(Keyed):
    """A kind of goods; ``attributes`` lists what a product of it tells, ``variant_attributes`` what each of its forms tells."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    drawing = models.CharField(max_length=30, default="parcel")
    attributes = models.JSONField(default=list, blank=True)
    variant_attributes = models.JSONField(default=list, blank=True)
    position = models.SmallIntegerField(default=0)
    i18n = TranslationField(fields=("name",))

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse what the editor could not show, and a key that product and form would both tell: a table of goods could not say which."""
        for name in ("attributes", "variant_attributes"):
            try:
                check_definitions(getattr(self, name))
            except ValidationError as error:
                raise ValidationError({name: error.messages}) from error
        both = {one["key"] for one in self.attributes} & {one["key"] for one in self.variant_attributes}
        if both:
            raise ValidationError(
                {"variant_attributes": _("The product tells this already: %(keys)s.") % {"keys": ", ".join(sorted(both))}}
            )


class Brand(CountyOwned):
    """A name under which goods are sold; a village brand belongs to a village, a GI mark is a protected origin."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="+", null=True, blank=True)
    is_village_brand = models.BooleanField(default=False)
    has_gi_mark = models.BooleanField(default=False)
    i18n = TranslationField(fields=("name",))

    def __str__(self) -> str:
        return self.name


class Product(CountyOwned):
    """What a seller makes or sells, as the centre last approved it; not on show until ``published_at``."""

    class ReturnRule(models.TextChoices):
        SEVEN_DAYS = "seven_days"
        FRESH = "fresh"
        CUSTOM = "custom"
        CONFIRMED = "confirmed"

    seller = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    brand = models.ForeignKey(Brand, models.PROTECT, related_name="+", null=True, blank=True)
    category = models.ForeignKey(Category, models.PROTECT, related_name="+")
    item_number = models.CharField(max_length=40, blank=True, default="", db_default="", help_text="the seller's own number of it")
    title = models.CharField(max_length=120)
    story = models.TextField(blank=True)
    keep = models.TextField(blank=True, help_text="how to keep and use it")
    drawing = models.CharField(max_length=30, default="parcel")
    origin_area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    origin_height_m = models.SmallIntegerField(null=True, blank=True)
    is_traceable = models.BooleanField(default=False)
    season_from = models.SmallIntegerField(null=True, blank=True, help_text="month and day, 701 is 1 July")
    season_to = models.SmallIntegerField(null=True, blank=True)
    return_rule = models.CharField(max_length=12, choices=ReturnRule.choices, default=ReturnRule.SEVEN_DAYS)
    attributes = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    i18n = TranslationField(fields=("title", "story", "keep"))

    class Meta:
        indexes = [
            models.Index(fields=["seller", "-published_at"], name="product_by_seller"),
            models.Index(fields=["category", "-published_at"], name="product_by_category"),
            models.Index(fields=["county_id", "-published_at"], name="product_by_county"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(season_from=None, season_to=None)
                | models.Q(season_from__range=(101, 1231), season_to__range=(101, 1231)),
                name="a_season_has_two_ends",
            ),
            models.UniqueConstraint(
                fields=["seller", "item_number"], condition=~models.Q(item_number=""), name="a_seller_numbers_a_product_once"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_listed(self) -> bool:
        """Whether buyers see it."""
        return self.published_at is not None and self.withdrawn_at is None


class Variant(CountyOwned):
    """
    One form in which a product is sold: a size, a colour, a pack.

    What has ``nominal_grams`` is sold by weight: ordered by the piece at the price of a piece of so many grams net, and
    weighed when it is packed.
    """

    product = models.ForeignKey(Product, models.CASCADE, related_name="variants")
    name = models.CharField(max_length=80)
    barcode = models.CharField(max_length=14, blank=True)
    weight_grams = models.PositiveIntegerField()
    volume_cm3 = models.PositiveIntegerField(default=0)
    nominal_grams = models.PositiveIntegerField(null=True, blank=True, help_text="net, of a piece that is weighed when it is packed")
    attributes = models.JSONField(default=dict, blank=True)
    position = models.SmallIntegerField(default=0)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    i18n = TranslationField(fields=("name",))

    class Meta:
        indexes = [models.Index(fields=["barcode"], name="variant_by_barcode", condition=~models.Q(barcode=""))]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(nominal_grams=None) | models.Q(nominal_grams__gte=1, nominal_grams__lte=models.F("weight_grams")),
                name="a_piece_weighs_no_more_than_with_its_packing",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Offer(CountyOwned):
    """A seller's price of a variant. Stock of it is kept by the app ``stock``."""

    variant = models.ForeignKey(Variant, models.CASCADE, related_name="offers")
    seller = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    price_fen = models.BigIntegerField()
    list_price_fen = models.BigIntegerField(null=True, blank=True, help_text="the price it is compared with, if reduced")
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "seller"], name="one_offer_per_seller_and_variant"),
            models.CheckConstraint(condition=models.Q(price_fen__gt=0), name="a_price_is_positive"),
            models.CheckConstraint(
                condition=models.Q(list_price_fen=None) | models.Q(list_price_fen__gt=models.F("price_fen")),
                name="a_reduced_price_is_lower",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id} {self.price_fen}"


class OfferPrice(CountyOwned):
    """
    What an offer costs in a window ``[starts_at, ends_at)``, instead of its usual price; windows of an offer never overlap.

    The price of a moment is told by the database's function ``catalog_price_at``, which every statement that shows or
    compares a price joins.
    """

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="dated_prices")
    price_fen = models.BigIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=80, blank=True, help_text="why, as buyers and the seller's own people read it")
    planned_by_id = models.UUIDField(null=True)
    planned_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["offer", "starts_at"], name="dated_price_of_offer"),
            models.Index(fields=["ends_at"], name="dated_price_by_end"),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(price_fen__gt=0), name="a_dated_price_is_positive"),
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="a_price_window_has_a_length"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="a_planned_price_stays", fields=["offer", "county_id", "price_fen", "starts_at"]),
            pgtrigger.Trigger(
                name="price_windows_never_overlap",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                func="""
                    perform from catalog_offer where id = new.offer_id for no key update;
                    if exists (
                        select from catalog_offerprice other
                         where other.offer_id = new.offer_id and other.id <> new.id
                           and other.starts_at < new.ends_at and new.starts_at < other.ends_at
                    ) then
                        raise exclusion_violation using message = 'the offer has another price in this window',
                              constraint = 'price_windows_never_overlap';
                    end if;
                    return new;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.price_fen} {self.starts_at:%F %R}–{self.ends_at:%F %R}"


class ProductDraft(CountyOwned):
    """
    What a seller wants a product to be: the whole of it as one document (:class:`teahorse.catalog.content.ProductContent`).

    ``drafting -> submitted -> approved``, or ``sent_back`` with a reason and submitted again, or ``dropped``.
    """

    class State(models.TextChoices):
        DRAFTING = "drafting"
        SUBMITTED = "submitted"
        SENT_BACK = "sent_back"
        APPROVED = "approved"
        DROPPED = "dropped"

    OPEN = (State.DRAFTING, State.SUBMITTED, State.SENT_BACK)

    product = models.ForeignKey(
        Product, models.CASCADE, related_name="drafts", null=True, help_text="empty until a new product is approved"
    )
    seller = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    content = models.JSONField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFTING)
    reason = models.TextField(blank=True)
    written_by = models.ForeignKey(Person, models.SET_NULL, related_name="+", null=True)
    reviewed_by = models.ForeignKey(Person, models.SET_NULL, related_name="+", null=True)
    changed_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product"],
                condition=models.Q(state__in=("drafting", "submitted", "sent_back")),
                name="one_open_draft_per_product",
            ),
        ]
        indexes = [models.Index(fields=["county_id", "state", "submitted_at"], name="draft_to_review")]
        triggers = [
            pgtrigger.FSM(
                name="draft_states",
                field="state",
                transitions=[
                    ("drafting", "submitted"),
                    ("drafting", "dropped"),
                    ("submitted", "approved"),
                    ("submitted", "sent_back"),
                    ("submitted", "drafting"),
                    ("sent_back", "drafting"),
                    ("sent_back", "submitted"),
                    ("sent_back", "dropped"),
                ],
            )
        ]

    @property
    def digest(self) -> str:
        """Sixteen digits that name what it says: who decides about it sends back which she has read."""
        return hashlib.sha256(json.dumps(self.content, sort_keys=True).encode()).hexdigest()[:16]

    def __str__(self) -> str:
        return f"{self.state} {self.id}"


class Picture(CountyOwned):
    """
    A photograph of a product, kept re-encoded under the digest of its pixels in three sizes and two formats.

    It is on show when it has a ``position``; a draft names the pictures it wants and their order.
    """

    seller = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    product = models.ForeignKey(Product, models.CASCADE, related_name="pictures", null=True)
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    alt = models.CharField(max_length=200, blank=True)
    position = models.SmallIntegerField(null=True)
    uploaded_by = models.ForeignKey(Person, models.SET_NULL, related_name="+", null=True)
    uploaded_at = models.DateTimeField()
    i18n = TranslationField(fields=("alt",))

    class Meta:
        indexes = [models.Index(fields=["product", "position"], name="picture_of_product")]

    def __str__(self) -> str:
        return self.sha256[:12]


class SearchEntry(models.Model):
    """
    What a listed product is found by; written together with it, read by searching alone.

    ``words`` (:mod:`teahorse.common.search_words`) lie outside the row and are only looked up by their index; so a row is
    a hundred bytes, and the rows of a very frequent word are read in milliseconds.
    """

    product = models.OneToOneField(Product, models.CASCADE, primary_key=True, related_name="search_entry")
    words = SearchVectorField()
    category = models.ForeignKey(Category, models.CASCADE, related_name="+")
    area_code = models.CharField(max_length=12)
    seller = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    price_from_fen = models.BigIntegerField()
    is_traceable = models.BooleanField()
    season_from = models.SmallIntegerField(null=True)
    season_to = models.SmallIntegerField(null=True)
    sold_count = models.IntegerField(default=0)
    published_at = models.DateTimeField()

    class Meta:
        indexes = [
            GinIndex(fields=["words"], name="search_words", fastupdate=False),
            models.Index(fields=["area_code"], name="search_area", opclasses=["text_pattern_ops"]),
            models.Index(fields=["category", "-sold_count"], name="search_category"),
            models.Index(fields=["-sold_count", "product"], name="search_sold"),
            models.Index(fields=["-published_at", "product"], name="search_new"),
            models.Index(fields=["price_from_fen", "product"], name="search_price"),
        ]

    def __str__(self) -> str:
        return str(self.product_id)


class Story(CountyOwned):
    """A short text about a maker or a place, shown on the home page until it is withdrawn."""

    title = models.CharField(max_length=120)
    text = models.TextField()
    drawing = models.CharField(max_length=30, default="parcel")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", null=True, blank=True)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+", null=True, blank=True)
    position = models.SmallIntegerField(default=0)
    published_at = models.DateTimeField(null=True, blank=True)
    i18n = TranslationField(fields=("title", "text"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(organisation=None, area__isnull=False) | models.Q(organisation__isnull=False, area=None),
                name="a_story_is_about_a_maker_or_a_place",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class CountyLine(CountyOwned):
    """What a county makes in a season, in one line."""

    class Season(models.TextChoices):
        SPRING = "spring"
        SUMMER = "summer"
        AUTUMN = "autumn"
        WINTER = "winter"

    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    season = models.CharField(max_length=6, choices=Season.choices)
    text = models.CharField(max_length=120)
    i18n = TranslationField(fields=("text",))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area", "season"], name="one_line_per_county_and_season")]

    def __str__(self) -> str:
        return self.text
