"""The demo's books are whole: everything that its past orders did to money is in them, and nothing differs anywhere."""

from datetime import timedelta

from teahorse.demo.keys import key_of
from teahorse.ledger import queries as books
from teahorse.orders.models import SellerOrder
from teahorse.people.models import Organisation
from teahorse.settlement import actions
from teahorse.settlement.comparing import differences
from teahorse.settlement.models import FeeLine, Sale, SubsidyLine
from tests.demo.conftest import NOW


def test_nothing_differs(house):
    assert differences(now=NOW) == []
    assert sum(books.trial_balance().values()) == 0
    assert Sale.objects.filter(frozen_at__isnull=False).count() == SellerOrder.objects.filter(paid_at__isnull=False).count() > 0
    assert FeeLine.objects.exists()


def test_a_budget_bears_a_part_of_the_way_and_the_county_carries(house):
    order = SellerOrder.objects.get(group__idempotency_key=key_of("order", "knives-for-wuhan"))
    qonggyai = Organisation.objects.get(key="centre-qonggyai")

    assert (order.freight_fen, order.freight_cost_fen, order.freight_subsidy_fen, order.freight_payer_id) == (1120, 1600, 480, qonggyai.pk)
    assert FeeLine.objects.filter(sale=order.pk, kind="freight").values_list("beneficiary_id", "amount_fen").get() == (qonggyai.pk, 1600)
    assert SubsidyLine.objects.get(sale=order.pk).left_fen == 480
    assert not FeeLine.objects.filter(kind="freight").exclude(beneficiary_id=qonggyai.pk).exists()


def test_nothing_was_left_to_book(house):
    assert actions.book_forgotten(now=NOW + timedelta(hours=1), since=NOW - timedelta(days=400)) == 0
