"""Carts."""

from django.db import models

from teahorse.catalog.models import Offer
from teahorse.common.models import Keyed
from teahorse.people.models import Person


class Cart(Keyed):
    """What somebody means to buy. A guest's is known by its key in a signed cookie and merged at log-in."""

    person = models.OneToOneField(Person, models.CASCADE, related_name="+", null=True)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)


class CartLine(Keyed):
    """So many units of an offer in a cart; ``origin`` says where it was picked up (mall, hall:<point>, live:<session>)."""

    cart = models.ForeignKey(Cart, models.CASCADE, related_name="lines")
    offer = models.ForeignKey(Offer, models.CASCADE, related_name="+")
    quantity = models.SmallIntegerField()
    origin = models.CharField(max_length=60, default="mall")
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cart", "offer"], name="one_line_per_offer"),
            models.CheckConstraint(condition=models.Q(quantity__range=(1, 999)), name="a_cart_line_is_1_to_999_units"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity}"
