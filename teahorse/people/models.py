"""Persons and the organisations they act for."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac
from modeltrans.fields import TranslationField

from teahorse.common.models import CountyOwned, Keyed
from teahorse.places.models import Area


class Persons(BaseUserManager["Person"]):
    """Persons are found by their phone."""

    def create_superuser(self, phone: str, password: str, **more: object) -> "Person":
        """Make a person who may use the stock admin."""
        person = self.model(phone=phone, is_staff=True, is_superuser=True, **more)
        person.set_password(password)
        person.save()
        return person


class Person(Keyed, AbstractBaseUser, PermissionsMixin):
    """A human being, known by a phone number (E.164); staff also by a password. A name is one field."""

    phone = models.CharField(max_length=16, unique=True, null=True)  # noqa: DJ001 - unique, and some persons have none
    is_phone_verified = models.BooleanField(default=False)
    name = models.CharField(max_length=80, blank=True)
    locale = models.CharField(max_length=10, default="zh-hans")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)
    sessions_ended_at = models.DateTimeField(null=True, editable=False)

    USERNAME_FIELD = "phone"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = Persons()

    def __str__(self) -> str:
        return self.name or f"…{(self.phone or '')[-4:]}"

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Django's mark of a session; it also changes when ``sessions_ended_at`` does, and every older session is over."""
        ended_at = self.sessions_ended_at.timestamp() if self.sessions_ended_at else 0
        return salted_hmac("teahorse.people.session", f"{self.password}|{ended_at:.6f}", secret=secret, algorithm="sha256").hexdigest()


class Organisation(CountyOwned):
    """A centre, station, point, cooperative, company or store; it stands somewhere in the tree of areas."""

    class Kind(models.TextChoices):
        REGION_CENTRE = "region_centre"
        COUNTY_CENTRE = "county_centre"
        TOWNSHIP_STATION = "township_station"
        VILLAGE_POINT = "village_point"
        COOPERATIVE = "cooperative"
        COMPANY = "company"
        DEPARTMENT_STORE = "department_store"

    key = models.SlugField(max_length=60, unique=True)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    name = models.CharField(max_length=120)
    about = models.TextField(blank=True)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    phone = models.CharField(max_length=16, blank=True)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)
    left_at = models.DateTimeField(null=True, blank=True)
    i18n = TranslationField(fields=("name", "about"))

    SELLERS = (Kind.COOPERATIVE, Kind.COMPANY, Kind.DEPARTMENT_STORE)
    CENTRES = (Kind.REGION_CENTRE, Kind.COUNTY_CENTRE)
    GETTING_FEES = (Kind.COUNTY_CENTRE, Kind.TOWNSHIP_STATION, Kind.VILLAGE_POINT)
    """Who serves others' sales and gets fees of them; a seller may as well, while she runs a pickup point."""

    class Meta:
        indexes = [models.Index(fields=["county_id", "kind"], name="organisation_by_county")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_seller(self) -> bool:
        """Whether it may sell on the mall."""
        return self.kind in self.SELLERS


class ServicePoint(CountyOwned):
    """A place where the network serves people: a centre, a station or a point; buyers fetch parcels there."""

    class Level(models.TextChoices):
        CENTRE = "centre"
        STATION = "station"
        POINT = "point"

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="service_points")
    level = models.CharField(max_length=10, choices=Level.choices)
    name = models.CharField(max_length=120)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+")
    address_line = models.CharField(max_length=200, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    is_point_invented = models.BooleanField(default=False, help_text="scattered for the demo; kept out of distances")
    hours = models.CharField(max_length=120, blank=True)
    accepts_pickup = models.BooleanField(default=True)
    takes_cash = models.BooleanField(default=False)
    i18n = TranslationField(fields=("name",))

    class Meta:
        indexes = [models.Index(fields=["county_id", "level"], name="service_point_by_county")]

    def __str__(self) -> str:
        return self.name


class Right(models.TextChoices):
    """What a person may do for an organisation."""

    LIST_GOODS = "list_goods"
    APPROVE_LISTINGS = "approve_listings"
    SHIP_ORDERS = "ship_orders"
    DESK_ORDERS = "desk_orders"
    HANDLE_PARCELS = "handle_parcels"
    TAKE_CASH = "take_cash"
    HANDLE_CASES = "handle_cases"
    PROMOTE = "promote"
    SEE_MONEY = "see_money"
    TRACE = "trace"
    SETTLE = "settle"
    MANAGE_MEMBERS = "manage_members"


class Membership(Keyed):
    """A person acts for an organisation in a role, from a time until a time."""

    class Role(models.TextChoices):
        MANAGER = "manager"
        STAFF = "staff"

    person = models.ForeignKey(Person, models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    since_at = models.DateTimeField(default=timezone.now)
    until_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "organisation"], condition=models.Q(until_at=None), name="one_living_membership_per_organisation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.organisation} · {self.role}"


class Grant(Keyed):
    """An organisation lets another one act for it: a cooperative lets its county centre list its goods."""

    grantor = models.ForeignKey(Organisation, models.CASCADE, related_name="grants_given")
    grantee = models.ForeignKey(Organisation, models.CASCADE, related_name="grants_held")
    right = models.CharField(max_length=20, choices=Right.choices)
    since_at = models.DateTimeField(default=timezone.now)
    until_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["grantor", "grantee", "right"], condition=models.Q(until_at=None), name="one_living_grant_of_a_right"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grantor} → {self.grantee}: {self.right}"


class ApiToken(Keyed):
    """A key with which a machine acts for an organisation; only its digest is kept."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.organisation})"
