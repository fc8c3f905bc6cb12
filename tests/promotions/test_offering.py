"""A form that is sent twice offers once."""

from uuid import uuid4

import pytest

from teahorse.common.refusals import NotThere
from teahorse.promotions.models import Promotion
from tests.orders.test_placing_at_once import all_at_once
from tests.promotions.offers import centre, platform, promotion


@pytest.mark.django_db
def test_the_same_key_is_the_same_promotion():
    key = uuid4()

    first, again = (promotion(platform(), off_fen=fen, key=key) for fen in (1_000, 2_000))

    assert (first, again.off_fen) == (again, 1_000)
    assert Promotion.objects.count() == 1


@pytest.mark.django_db
def test_anothers_key_is_not_there():
    known = promotion(platform(), off_fen=1_000)

    with pytest.raises(NotThere):
        promotion(centre(), off_fen=1_000, budget_fen=1_000, key=known.pk)

    assert Promotion.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_press_at_the_same_moment_offer_one():
    owner, key = platform(), uuid4()

    made = all_at_once(lambda fen: promotion(owner, off_fen=fen, key=key), [1_000] * 8)

    assert made == [Promotion.objects.get()] * 8
