"""The demo's books are whole: everything that its past orders did to money is in them, and nothing differs anywhere."""

from datetime import timedelta

from teahorse.ledger import queries as books
from teahorse.orders.models import SellerOrder
from teahorse.settlement import actions
from teahorse.settlement.comparing import differences
from teahorse.settlement.models import FeeLine, Sale
from tests.demo.conftest import NOW


def test_nothing_differs(house):
    assert differences(now=NOW) == []
    assert sum(books.trial_balance().values()) == 0
    assert Sale.objects.filter(frozen_at__isnull=False).count() == SellerOrder.objects.filter(paid_at__isnull=False).count() > 0
    assert FeeLine.objects.exists()


def test_nothing_was_left_to_book(house):
    assert actions.book_forgotten(now=NOW + timedelta(hours=1), since=NOW - timedelta(days=400)) == 0
