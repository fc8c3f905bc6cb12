"""How a product's story is told: flows that a centre writes, and what was told by them on phones."""

import pgtrigger
from django.db import models
from modeltrans.fields import TranslationField

from teahorse.catalog.models import Category
from teahorse.common.models import CountyOwned
from teahorse.people.models import Organisation
from teahorse.trace.models.goods import Site


class Flow(CountyOwned):
    """
    The steps of a product's making, as data: what each takes and gives, what is asked, which event it becomes.

    A published version is never changed; another one takes its place, and what was told by the old one keeps it.
    """

    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="+", help_text="the centre that writes it")
    key = models.SlugField(max_length=40)
    version = models.SmallIntegerField(default=1)
    name = models.CharField(max_length=80)
    category = models.ForeignKey(Category, models.PROTECT, related_name="+", null=True, blank=True)
    parts = models.JSONField(default=list, help_text="what it speaks of: seed, oil, cake; see rules of flows")
    steps = models.JSONField(default=list)
    written_by_id = models.UUIDField(null=True)
    written_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    i18n = TranslationField(fields=("name",))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "key", "version"], name="a_version_of_a_flow_is_written_once"),
            models.UniqueConstraint(
                fields=["owner", "key"],
                condition=models.Q(published_at__isnull=False, retired_at=None),
                name="one_version_of_a_flow_is_in_use",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="a_published_flow_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__published_at__isnull=False)
                & (pgtrigger.Q(old__steps__df=pgtrigger.F("new__steps")) | pgtrigger.Q(old__parts__df=pgtrigger.F("new__parts"))),
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.version}"


class Telling(CountyOwned):
    """
    A step as it was told on a phone. The key is the phone's own UUID: sent again, it is answered again and told once.

    ``digest`` is of what was sent, so the same key with another content is refused.
    """

    seller = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    flow = models.ForeignKey(Flow, models.PROTECT, related_name="+")
    step = models.SlugField(max_length=40)
    site = models.ForeignKey(Site, models.PROTECT, related_name="+", null=True)
    told_by_id = models.UUIDField()
    told_for_id = models.UUIDField(null=True, help_text="the organisation of who told it, where it is not the seller's own")
    process_id = models.UUIDField(null=True, help_text="the telling with which the long transformation began that it belongs to")
    handed_to = models.ForeignKey(Organisation, models.PROTECT, related_name="+", null=True, help_text="to whom the goods went by it")
    corrects = models.OneToOneField(
        "self", models.PROTECT, related_name="corrected_by", null=True, help_text="the telling that it sets right"
    )
    device_at = models.DateTimeField(null=True, help_text="by the phone's clock")
    received_at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    said = models.JSONField(default=dict, help_text="the answers as they were given")
    event_id = models.UUIDField()

    class Meta:
        indexes = [
            models.Index(fields=["seller", "-received_at"], name="telling_of_seller"),
            models.Index(fields=["event_id"], name="telling_of_event"),
            models.Index(fields=["process_id"], name="telling_of_process", condition=models.Q(process_id__isnull=False)),
        ]
        triggers = [pgtrigger.Protect(name="what_was_told_on_a_phone_stays", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.step


class Attachment(CountyOwned):
    """
    A photograph, a voice or a paper that belongs to a telling or a certificate, known by its digest.

    A photograph is written anew without what the camera told. It may come before what it belongs to; what nothing belongs to is
    swept after some days. ``hidden_at``: its owner shows it to nobody any more; the events that name its digest stay true.
    """

    class Kind(models.TextChoices):
        PHOTO = "photo"
        VOICE = "voice"
        PAPER = "paper"

    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    telling_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=5, choices=Kind.choices)
    media_type = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    small = models.BinaryField(null=True, help_text="a photograph's small form")
    seconds = models.SmallIntegerField(null=True, help_text="a voice's length")
    added_by_id = models.UUIDField(null=True)
    added_at = models.DateTimeField()
    hidden_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["telling_id", "sha256"], name="a_telling_has_an_attachment_once"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="an_attachment_stays_as_it_came", exclude=["telling_id", "hidden_at"]),
        ]

    def __str__(self) -> str:
        return self.sha256[:12]
