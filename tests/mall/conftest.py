import pytest
from django.test import Client

from teahorse.mall.guest_pages import pages
from tests.mall.world import World, make_world


@pytest.fixture(autouse=True)
def plain_static_files(settings):
    """Pages need no collected files in tests; each test begins without kept pages."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    pages.clear()
    yield
    pages.clear()


@pytest.fixture
def world(db) -> World:
    return make_world()


@pytest.fixture
def guest() -> Client:
    return Client(HTTP_SEC_FETCH_SITE="same-origin")


@pytest.fixture
def put(world, guest):
    """Put units of an offer into the guest's cart."""
    from teahorse.common.ids import short

    def act(offer, quantity=1, *, client=None, hall=None):
        address = world.page(offer) + (f"?hall={short(hall.pk)}" if hall else "")
        return (client or guest).post(address, {"offer": short(offer.pk), "quantity": str(quantity), "do": "cart"})

    return act
