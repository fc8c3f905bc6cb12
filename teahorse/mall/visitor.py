"""Who is looking: her person, her cart, and the orders that she may see."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from teahorse.common.refusals import NotThere
from teahorse.mall import cookies
from teahorse.orders import following
from teahorse.orders.actions import InCart
from teahorse.orders.models import OrderGroup
from teahorse.orders.wanted import Whose
from teahorse.people.models import Person


def person_of(request: HttpRequest) -> Person | None:
    """Return the person who is logged in."""
    return request.user if request.user.is_authenticated else None


def verified_phone(request: HttpRequest) -> str:
    """Return the phone that the person who is logged in has proved to be hers; nothing for everybody else."""
    person = person_of(request)
    return person.phone or "" if person is not None and person.is_phone_verified else ""


def whose_cart(request: HttpRequest) -> Whose:
    """Return whose cart this visitor fills: her own, else the one that this browser keeps, else nobody's yet."""
    person = person_of(request)
    return Whose(person_id=person.pk) if person else Whose(key=cookies.cart_key(request))


def keep_cart(request: HttpRequest, response: HttpResponse, cart: InCart) -> None:
    """Let the browser know how much is in the cart, and a guest's browser which cart it is."""
    if person_of(request) is None:
        cookies.keep_cart(response, cart.cart_id, count=cart.units)
    else:
        cookies.keep_count(response, cart.units)


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
