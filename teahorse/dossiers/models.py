"""Dossiers: what a seller agreed to, what the house found, and who looked. Figures are frozen once they are found."""

from datetime import datetime

import pgtrigger
from django.db import models

from teahorse.common.models import CountyOwned, Keyed
from teahorse.people.models import Organisation, Person


class Dossier(CountyOwned):
    """
    A seller's verified sales of some months, for one bank and one purpose, with the consent by which they are shown.

    ``asked -> made | failed``; a made one is shown to whoever has its code until it expires or is withdrawn.
    """

    class State(models.TextChoices):
        ASKED = "asked"
        MADE = "made"
        FAILED = "failed"

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    form_key = models.UUIDField(unique=True, help_text="made with the form: sending it twice asks once")
    code = models.CharField(max_length=20, unique=True)
    months = models.SmallIntegerField()
    first_date = models.DateField()
    until_date = models.DateField(help_text="the last day that is counted: the day of asking, up to that moment")
    bank_name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=200)
    consent = models.TextField(help_text="the words that were agreed to, as they stood on the page")
    signed_name = models.CharField(max_length=80, help_text="her own name, typed as a signature")
    signed_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKED)
    progress = models.SmallIntegerField(default=0, help_text="per cent, while it is made")
    figures = models.JSONField(null=True)
    digest = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the figures' canonical JSON")
    trouble = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(months__range=(3, 36)), name="a_dossier_is_of_3_to_36_months"),
            models.CheckConstraint(
                condition=models.Q(state="made", figures__isnull=False, made_at__isnull=False) & ~models.Q(digest="")
                | ~models.Q(state="made") & models.Q(figures=None, made_at=None, digest=""),
                name="a_made_dossier_has_its_figures",
            ),
        ]
        indexes = [models.Index(fields=["organisation", "-signed_at"], name="dossier_of_seller")]
        triggers = [
            pgtrigger.FSM(name="dossier_states", field="state", transitions=[("asked", "made"), ("asked", "failed"), ("failed", "asked")]),
            pgtrigger.ReadOnly(
                name="a_consent_stays_as_given",
                fields=[
                    "organisation", "code", "months", "first_date", "until_date", "bank_name", "purpose", "consent", "signed_name",
                    "signed_by", "signed_at", "expires_at",
                ],
            ),
            pgtrigger.Protect(name="a_dossier_is_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="figures_stay_as_found",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                func="""
                    if old.state = 'made' and (new.figures, new.digest, new.made_at) is distinct from (old.figures, old.digest, old.made_at)
                    then
                        raise check_violation using message = 'the figures of a dossier stay as they were found';
                    end if;
                    if old.withdrawn_at is not null and new.withdrawn_at is distinct from old.withdrawn_at then
                        raise check_violation using message = 'a withdrawn dossier stays withdrawn';
                    end if;
                    return new;
                """,
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.first_date}"

    def standing(self, now: datetime) -> str:
        """Return ``asked``, ``failed``, ``valid``, ``expired`` or ``withdrawn``."""
        if self.withdrawn_at is not None:
            return "withdrawn"
        if self.state != self.State.MADE:
            return str(self.state)
        return "valid" if now < self.expires_at else "expired"


class DossierPaper(Keyed):
    """The printed form of a dossier, made with its figures; never changed."""

    dossier = models.OneToOneField(Dossier, models.PROTECT, related_name="paper")
    content = models.BinaryField()

    class Meta:
        triggers = [pgtrigger.Protect(name="dossier_papers_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return str(self.dossier_id)


class DossierView(Keyed):
    """
    Somebody opened a dossier by its code; the same visitor within an hour is one view.

    No whole address is kept: the first half of an IPv4 address, the first three groups of an IPv6 one, and the kind of device.
    """

    dossier = models.ForeignKey(Dossier, models.PROTECT, related_name="views")
    hour_at = models.DateTimeField(help_text="the hour in which it began")
    at = models.DateTimeField()
    network = models.CharField(max_length=24)
    device = models.CharField(max_length=12, help_text="phone, computer or program")
    was = models.CharField(max_length=10, help_text="what stood there: valid, expired or withdrawn")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dossier", "network", "device", "hour_at"], name="a_visitor_is_counted_once_an_hour"),
        ]
        triggers = [pgtrigger.Protect(name="dossier_views_are_never_changed", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.network} {self.at:%F %T}"
