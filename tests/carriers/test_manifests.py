"""The list that is handed over with the parcels."""

import pytest
from django.utils import timezone

from teahorse.carriers import actions
from teahorse.carriers.manifest import manifest_pdf
from teahorse.carriers.models import Manifest
from tests import world

from .conftest import book, make_parcel

pytestmark = pytest.mark.django_db


def handed(giver):
    return actions.make_manifest(giver=giver, carrier="sf", by=world.person(), now=timezone.now())


def test_all_that_waits_for_a_carrier_stands_on_one_list_once(sf):
    booked = [book(make_parcel(), weight_grams=grams) for grams in (1250, 900)]
    giver = booked[0].parcel.sender
    off = book(make_parcel())
    actions.call_off(consignment=off, now=timezone.now())

    made = handed(giver)

    assert (made.count, made.weight_grams) == (2, 2150)
    assert {row.pk for row in made.consignments.all()} == {row.pk for row in booked}
    assert manifest_pdf(made).startswith(b"%PDF-")
    with pytest.raises(actions.NothingToHandOver):
        handed(giver)
    assert Manifest.objects.count() == 1
