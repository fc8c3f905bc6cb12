"""Carts: a guest's by its key, a person's by herself; both become one when she logs in."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from teahorse.catalog.models import Offer
from teahorse.common.ids import new_id
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.translated import translated
from teahorse.orders.models import Cart, CartLine
from teahorse.orders.quoting import NotSold
from teahorse.orders.rules import MOST_LINES, MOST_UNITS
from teahorse.people.models import Person

MERGE = """
    insert into orders_cartline (id, cart_id, offer_id, quantity, origin, added_at)
    select gen_random_uuid(), %(to)s, offer_id, quantity, origin, added_at from orders_cartline where cart_id = %(from)s
    on conflict (cart_id, offer_id) do update set quantity = least(999, greatest(orders_cartline.quantity, excluded.quantity))
"""


class CartFull(Refusal):
    """More different goods than one order may hold."""

    code = "cart_full"
    sentence = _("A cart holds at most %(most)d different goods. Order these first.")


@transaction.atomic
def open_cart(*, person: Person | None, now: datetime) -> Cart:
    """Return a person's cart, or a new one for a guest."""
    if person is None:
        return Cart.objects.create(changed_at=now)
    cart, _made = Cart.objects.get_or_create(person=person, defaults={"changed_at": now})
    return cart


@transaction.atomic
def put_into_cart(*, cart: Cart, offer_id: UUID, quantity: int, origin: str = "mall", now: datetime) -> CartLine:
    """
    Add units of an offer to what the cart holds of it.

    :raises Malformed: for a quantity outside 1..999; :raises NotSold: if it is not sold; :raises CartFull: as it says.
    """
    if not 1 <= quantity <= MOST_UNITS:
        raise Malformed(field="quantity", reason=_("A quantity is a number from 1 to 999."))
    offer = Offer.objects.select_related("variant__product").filter(pk=offer_id).first()
    if offer is None or not (offer.is_active and offer.variant.product.is_listed):
        raise NotSold(field="offer_id", title=translated(offer.variant.product, "title") if offer else "?")
    Cart.objects.select_for_update().get(pk=cart.pk)
    line = CartLine.objects.filter(cart=cart, offer=offer).first()
    if line is None:
        if CartLine.objects.filter(cart=cart).count() >= MOST_LINES:
            raise CartFull(field="offer_id", most=MOST_LINES)
        line = CartLine.objects.create(id=new_id(), cart=cart, offer=offer, quantity=quantity, origin=origin[:60], added_at=now)
    else:
        line.quantity = min(MOST_UNITS, line.quantity + quantity)
        line.origin = origin[:60]
        line.save(update_fields=["quantity", "origin"])
    Cart.objects.filter(pk=cart.pk).update(changed_at=now)
    return line


@transaction.atomic
def set_quantity(*, cart: Cart, offer_id: UUID, quantity: int, now: datetime) -> None:
    """
    Hold so many units of an offer in the cart; 0 takes it out.

    :raises Malformed: for a quantity outside 0..999.
    """
    if not 0 <= quantity <= MOST_UNITS:
        raise Malformed(field="quantity", reason=_("A quantity is a number from 1 to 999."))
    lines = CartLine.objects.filter(cart=cart, offer_id=offer_id)
    if quantity:
        lines.update(quantity=quantity)
    else:
        lines.delete()
    Cart.objects.filter(pk=cart.pk).update(changed_at=now)


@transaction.atomic
def take_out(*, cart: Cart, offer_ids: list[UUID], now: datetime) -> None:
    """Take offers out of the cart, after they were ordered; harmless twice."""
    CartLine.objects.filter(cart=cart, offer_id__in=offer_ids).delete()
    Cart.objects.filter(pk=cart.pk).update(changed_at=now)


@transaction.atomic
def merge_carts(*, guest_cart_id: UUID, person: Person, now: datetime) -> Cart:
    """Put a guest's cart into her own when she logs in: of the same offer the larger quantity is kept; harmless twice."""
    own = open_cart(person=person, now=now)
    guest = Cart.objects.select_for_update().filter(pk=guest_cart_id, person=None).first()
    if guest is not None:
        with connection.cursor() as cursor:
            cursor.execute(MERGE, {"from": guest.pk, "to": own.pk})
        guest.delete()
        Cart.objects.filter(pk=own.pk).update(changed_at=now)
    return own
