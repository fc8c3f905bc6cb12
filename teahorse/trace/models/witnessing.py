"""Neighbours who look on each other's logs: whom we look at, and who looks at us."""

import pgtrigger
from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from teahorse.common.models import Keyed
from teahorse.trace.tlog.merkle import EMPTY_ROOT, HASH_BYTES


class WitnessedLog(Keyed):
    """
    A log of another house that ours looks at, and the last of its checkpoints that ours cosigned.

    What was cosigned is remembered for ever, also of a log that is no longer looked at: whoever forgets it may cosign another story.
    """

    origin = models.CharField(max_length=200, unique=True, help_text="how its checkpoints call it")
    key = models.CharField(max_length=300, help_text="its public key, as name+id+base64")
    size = models.BigIntegerField(default=0)
    root = models.BinaryField(max_length=HASH_BYTES, default=EMPTY_ROOT)
    first_at = models.DateTimeField(null=True, help_text="when it was cosigned for the first time")
    cosigned_at = models.DateTimeField(null=True)
    added_by_id = models.UUIDField()
    added_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Exact(Length("root"), HASH_BYTES), name="a_root_is_of_32_bytes")]
        triggers = [
            pgtrigger.Protect(name="what_was_cosigned_is_not_forgotten", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="a_witness_never_goes_back",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                func="""
                    if new.origin <> old.origin or new.size < old.size or (new.size = old.size and new.root <> old.root) then
                        raise check_violation using message = 'a witness never goes back behind what it cosigned';
                    end if;
                    return new;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin} {self.size}"


class Witness(Keyed):
    """A house that looks at our log and cosigns its checkpoints; what it said the last time."""

    class Trouble(models.TextChoices):
        """Why it did not cosign: it knows nothing of our log, or another key, or has seen another story or more of it, and so on."""

        NOT_REACHED = "not_reached"
        UNKNOWN = "unknown"
        KEY = "key"
        CONTRADICTED = "contradicted"
        DECLINED = "declined"
        NOT_ITS_SIGNATURE = "not_its_signature"

    name = models.CharField(max_length=200)
    key = models.CharField(max_length=300, unique=True, help_text="its public key, as name+id+base64")
    address = models.URLField(max_length=300, help_text="below which add-checkpoint is")
    size = models.BigIntegerField(default=0, help_text="of the last checkpoint that it cosigned")
    first_at = models.DateTimeField(null=True, help_text="when it cosigned for the first time")
    cosigned_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=17, choices=Trouble.choices, blank=True)
    detail = models.CharField(max_length=300, blank=True)
    failing_since = models.DateTimeField(null=True)
    added_by_id = models.UUIDField()
    added_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
