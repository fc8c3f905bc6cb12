"""Who scans a label sees who earned what, where the maker shows it; no household is named, and the sum is the price."""

import pytest
from django.utils import timezone

from teahorse.common.ids import new_id
from teahorse.settlement import actions
from tests import world
from tests.settlement.making import centre, closed, fee
from tests.trace.goods import lot_of
from tests.trace.shelf import trade_item

from .test_scanned import label, look, words

pytestmark = pytest.mark.django_db
MOST_BYTES = 60_000


@pytest.fixture(autouse=True)
def _pages_are_drawn_anew(settings):
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


@pytest.fixture
def clerk():
    return world.person("+8619900001011", name="制单")


@pytest.fixture
def offer(clerk):
    """Goods of which one was sold, half of them from a household."""
    now = timezone.now()
    offer = world.offer(world.organisation("chamchen"), price_fen=3800, on_hand=10)
    product, seller = offer.variant.product, offer.variant.product.seller
    fee(rate=1000)
    centre()
    household = actions.add_sub_seller(seller=seller, name="次仁家", note="", by=clerk, now=now)
    shares = {"seller": seller, "product_id": product.pk, "since_date": timezone.localdate(), "shares_bp": {household.pk: 5000}}
    actions.divide_product(key=new_id(), **shares, by=clerk, now=now)
    actions.book_sales(order_ids=[order.pk for order in closed({offer: 1}, now=now)], now=now)
    return offer


@pytest.fixture
def piece(offer):
    lot = lot_of(trade_item(offer, offer.variant.product.seller), "B1")
    return label(lot, level="piece", serial="0001")


def test_it_is_not_shown_unless_the_maker_shows_it(piece):
    assert "Who earned what" not in words(look(piece, language="en"))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("Who earned what", "The households it comes from", "the mean of the last 1 piece sold", "sends it herself")),
        ("zh-hans", ("钱去了哪里", "供货农户", "最近售出 1 件的平均数", "由商家自行发货")),
        ("bo", ("སུས་ཅི་ཐོབ།", "མཁོ་སྤྲོད་ཁྱིམ་ཚང་།")),
    ],
)
def test_it_is_shown_in_three_languages_to_the_fen_and_names_nobody(piece, offer, clerk, language, said):
    product = offer.variant.product
    actions.open_book(seller=product.seller, product_id=product.pk, by=clerk, now=timezone.now())

    answer = look(piece, language=language)
    page = words(answer)

    for one in said:
        assert one in page
    rows = answer.context["earned"].lines
    assert [row["fen"] for row in rows] == [2310, 2310, 380, 5000]
    for fen in ("23.10", "3.80", "50.00"):
        assert fen in page
    assert "次仁家" not in page
    assert len(answer.content) < MOST_BYTES


def test_it_is_shown_to_whoever_opens_the_lot_without_a_label_too(piece, offer, clerk, client):
    product = offer.variant.product
    actions.open_book(seller=product.seller, product_id=product.pk, by=clerk, now=timezone.now())

    address = look(piece).context["lot_key"]

    assert client.get(f"/t/lot/{address}").context["earned"].pieces == 1
