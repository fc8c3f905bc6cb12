"""The areas; the official code is the tree."""

from uuid import UUID, uuid5

from django.db import models
from modeltrans.fields import TranslationField

AREAS = UUID("5f1d9d0a-6c53-4b0e-9d4c-2f7f0a7d5334")
LENGTHS = {"region": 2, "prefecture": 4, "county": 6, "township": 9, "village": 12}


def area_id(code: str) -> UUID:
    """Return the key of the area that first bore an official code; the same on every deployment."""
    return uuid5(AREAS, code)


class Area(models.Model):
    """
    One area, at one time known by one official division code (2, 4, 6, 9 or 12 digits).

    Codes change, so the code is not the key: an area that ends gets ``until_date`` and keeps its rows.
    """

    class Level(models.TextChoices):
        REGION = "region"
        PREFECTURE = "prefecture"
        COUNTY = "county"
        TOWNSHIP = "township"
        VILLAGE = "village"

    id = models.UUIDField(primary_key=True, editable=False)
    code = models.CharField(max_length=12)
    level = models.CharField(max_length=10, choices=Level.choices)
    name = models.CharField(max_length=80)
    name_status = models.JSONField(default=dict, help_text="how far the name in each language can be trusted")
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    point_status = models.CharField(max_length=30, blank=True)
    height_m = models.SmallIntegerField(null=True)
    height_status = models.CharField(max_length=30, blank=True)
    since_date = models.DateField(null=True)
    until_date = models.DateField(null=True)
    i18n = TranslationField(fields=("name",))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=models.Q(until_date=None), name="one_living_area_per_code"),
            models.CheckConstraint(
                condition=models.Q(
                    *[models.Q(level=level, code__regex=f"^[0-9]{{{length}}}$") for level, length in LENGTHS.items()], _connector="OR"
                ),
                name="a_code_is_as_long_as_its_level_asks",
            ),
        ]
        indexes = [models.Index(fields=["code"], name="area_code_path", opclasses=["text_pattern_ops"])]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def county_code(self) -> str:
        """The code of the county this area lies in; its own code where it is larger than a county."""
        return self.code[:6]

    @property
    def county_id(self) -> UUID:
        """The key of that county."""
        return area_id(self.county_code)
