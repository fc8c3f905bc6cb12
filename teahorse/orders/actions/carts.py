"""Carts: a guest's by its key, a person's by herself; both become one when she logs in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.ids import new_id
from teahorse.common.refusals import Malformed, Refusal
from teahorse.common.statements import array, asked, by_index, looked_up, together
from teahorse.common.translated import in_language
from teahorse.orders.models import Cart
from teahorse.orders.quoting import NotSold
from teahorse.orders.rules import MOST_LINES, MOST_UNITS
from teahorse.orders.wanted import Whose
from teahorse.people.models import Person

PUT = (Path(__file__).parent / "put_into_cart.sql").read_text()
HOLD = (Path(__file__).parent / "hold_in_cart.sql").read_text()
TOUCH_GUESTS = """
    insert into orders_cart (id, person_id, changed_at) values (%(id)s, %(person)s, %(now)s)
    on conflict (id) do update set changed_at = excluded.changed_at where orders_cart.person_id is null
"""
TOUCH_OWN = """
    insert into orders_cart (id, person_id, changed_at) values (%(id)s, %(person)s, %(now)s)
    on conflict (person_id) do update set changed_at = excluded.changed_at
"""
MERGE = """
    with brought as (
        select line.*, held.id is not null as is_held,
               row_number() over (partition by held.id is null order by line.added_at, line.id) as place
          from orders_cartline line
          left join orders_cartline held on held.cart_id = %(to)s and held.offer_id = line.offer_id
         where line.cart_id = %(from)s
    )
    insert into orders_cartline (id, cart_id, offer_id, quantity, origin, added_at)
    select gen_random_uuid(), %(to)s, offer_id, quantity, origin, added_at
      from brought
     where is_held or place <= %(most)s - (select count(*) from orders_cartline where cart_id = %(to)s)
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


@dataclass(frozen=True, slots=True)
class InCart:
    """A cart after something was put into it: its key, how much it holds of the offer, and how many units in all."""

    cart_id: UUID
    quantity: int
    units: int


def put_into_cart(*, whose: Whose, offer_id: UUID, quantity: int, origin: str = "mall", now: datetime) -> InCart:
    """
    Add units of an offer to what somebody's cart holds of it; who has no cart gets one. One round trip and the commit.

    :raises Malformed: for a quantity outside 1..999; :raises NotSold: if it is not sold; :raises CartFull: as it says.
    """
    if not 1 <= quantity <= MOST_UNITS:
        raise Malformed(field="quantity", reason=_("A quantity is a number from 1 to 999."))
    cart_id = whose.key or new_id()
    row = {
        "cart": None if whose.person_id else cart_id,
        "person": whose.person_id,
        "offer": offer_id,
        "line": new_id(),
        "quantity": quantity,
        "origin": origin[:60],
        "now": now,
        "most_lines": MOST_LINES,
        "most_units": MOST_UNITS,
        **in_language("title"),
    }
    with transaction.atomic():
        with together():
            by_index()
            asked(TOUCH_OWN if whose.person_id else TOUCH_GUESTS, {"id": cart_id, "person": whose.person_id, "now": now})
            answer = asked(PUT, row)
        found, title, is_sold, held, units = answer()[0]
        if found is not None:
            if not is_sold:
                raise NotSold(field="offer_id", title=title or "?")
            if held is None:
                raise CartFull(field="offer_id", most=MOST_LINES)
            return InCart(found, held, units)
    return put_into_cart(whose=Whose(key=new_id()), offer_id=offer_id, quantity=quantity, origin=origin, now=now)  # the key is a person's


@dataclass(frozen=True, slots=True)
class Changed:
    """A cart after its lines were changed: how many units it holds, and how many were taken out, from where they had come."""

    units: int
    taken_out: int
    origin: str


def set_quantity(*, whose: Whose, offer_id: UUID, quantity: int, now: datetime) -> Changed:
    """
    Hold so many units of an offer that is in the cart; 0 takes it out. Harmless where it is not in it.

    :raises Malformed: for a quantity outside 0..999.
    """
    if not 0 <= quantity <= MOST_UNITS:
        raise Malformed(field="quantity", reason=_("A quantity is a number from 1 to 999."))
    return _hold(whose, [offer_id], quantity, now)


def take_out(*, whose: Whose, offer_ids: Iterable[UUID], now: datetime) -> Changed:
    """Take offers out of the cart, after they were ordered; harmless twice."""
    return _hold(whose, offer_ids, 0, now)


def _hold(whose: Whose, offer_ids: Iterable[UUID], quantity: int, now: datetime) -> Changed:
    row = {"cart": whose.key, "person": whose.person_id, "offers": array(offer_ids), "quantity": quantity, "now": now}
    return Changed(*looked_up(HOLD, row)[0])


@transaction.atomic
def merge_carts(*, guest_cart_id: UUID, person: Person, now: datetime) -> Cart:
    """
    Put a guest's cart into her own when she logs in; harmless twice.

    Of the same offer the larger quantity is kept. Her own lines stay; of the guest's others, the oldest as long as there is room.
    """
    own = open_cart(person=person, now=now)
    Cart.objects.select_for_update().get(pk=own.pk)  # first, as everybody does who changes its lines
    guest = Cart.objects.select_for_update().filter(pk=guest_cart_id, person=None).first()
    if guest is not None:
        with connection.cursor() as cursor:
            cursor.execute(MERGE, {"from": guest.pk, "to": own.pk, "most": MOST_LINES})
        guest.delete()
        Cart.objects.filter(pk=own.pk).update(changed_at=now)
    return own
