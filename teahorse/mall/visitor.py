"""Who is looking: her person, her cart, and the orders that she may see."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest

from teahorse.common.refusals import NotThere
from teahorse.mall import cookies
from teahorse.orders import actions, following, queries
from teahorse.orders.models import Cart, OrderGroup
from teahorse.people.models import Person


def person_of(request: HttpRequest) -> Person | None:
    """Return the person who is logged in."""
    return request.user if request.user.is_authenticated else None


def cart_of(request: HttpRequest) -> Cart | None:
    """Return the visitor's cart, where she has one."""
    person = person_of(request)
    if person is not None:
        return queries.cart_of(person)
    key = cookies.cart_key(request)
    return queries.guest_cart(key) if key else None


def cart_to_fill(request: HttpRequest, *, now: datetime) -> Cart:
    """Return the visitor's cart; a new one where she has none."""
    return cart_of(request) or actions.open_cart(person=person_of(request), now=now)


def group_of(request: HttpRequest, group_id: UUID) -> OrderGroup:
    """
    Return an order group that this visitor may see: a person's own, or one that was placed in this browser.

    :raises NotThere: for everybody else.
    """
    group = following.order_group(group_id)
    if group is None:
        raise NotThere(field="order")
    person = person_of(request)
    is_hers = person is not None and following.is_visible_to(group, person)
    if not is_hers and (group.person_id is not None or group_id not in cookies.order_keys(request)):
        raise NotThere(field="order")
    return group


def last_group(request: HttpRequest) -> OrderGroup | None:
    """Return the visitor's last order, whose address is offered again."""
    person = person_of(request)
    if person is not None:
        own = OrderGroup.objects.filter(person=person)  # not what a guest ordered with her phone: anybody could plant an address so
        return own.select_related("pickup_point").order_by("-placed_at", "-pk").first()
    keys = cookies.order_keys(request)
    return OrderGroup.objects.select_related("pickup_point").filter(pk=keys[0], person=None).first() if keys else None
