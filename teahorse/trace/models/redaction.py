"""What of a person's is told in events: there only its salted hash stands, here the clear value, as long as she lets us keep it."""

import pgtrigger
from django.db import models

from teahorse.common.models import CountyOwned
from teahorse.people.models import Organisation


class PersonalDetail(CountyOwned):
    """
    A person's name, or another detail of hers, that an event speaks of by ``token``.

    Erased, salt and value are gone: the event, its hash and its place in the log stay true, and nobody can guess back what it was.
    """

    NAMED = "urn:sha256:"
    """How a token begins."""

    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="+", help_text="whose people it speaks of")
    token = models.CharField(max_length=80, unique=True, help_text="as it stands in events")
    salt = models.BinaryField(max_length=16, null=True)
    value = models.CharField(max_length=200, blank=True)
    added_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)
    erased_by_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(erased_at=None, salt__isnull=False) & ~models.Q(value="")
                | models.Q(erased_at__isnull=False, salt=None, value=""),
                name="what_is_erased_is_gone",
            ),
        ]
        indexes = [models.Index(fields=["owner", "value"], name="detail_of_owner", condition=models.Q(erased_at=None))]
        triggers = [
            pgtrigger.ReadOnly(name="a_token_stays", fields=["owner", "token", "added_at"]),
            pgtrigger.Protect(
                name="what_was_erased_stays_so", operation=pgtrigger.Update, condition=pgtrigger.Q(old__erased_at__isnull=False)
            ),
            pgtrigger.Protect(name="details_are_erased_not_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.token
