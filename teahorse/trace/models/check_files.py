"""What proves to others that the addresses on labels are ours."""

from django.db import models

from teahorse.common.models import Keyed


class CheckFile(Keyed):
    """
    A small text that a partner asks to find at our addresses before it opens its own program from our codes: WeChat, Alipay.

    It belongs to the house, not to a county.
    """

    name = models.CharField(max_length=68, unique=True, help_text="with its ending .txt")
    content = models.CharField(max_length=64)
    added_by_id = models.UUIDField()
    added_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
