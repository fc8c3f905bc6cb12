"""The region writes down what providers paid, a station what cash it brought; nothing that was typed is lost."""

import pytest
from django.urls import reverse
from django.utils import timezone

from teahorse.payments import actions as payments
from teahorse.settlement.models import Transfer
from tests.settlement.making import book, paid

pytestmark = pytest.mark.django_db


@pytest.fixture
def station(browser_of, operator):
    return browser_of(operator)


def at(name, org, **more):
    return reverse(f"console:{name}", kwargs={"org": org, **more})


def form(**other):
    return {
        "provider": "wechat_pay",
        "amount": "30.00",
        "fee": "0.18",
        "reference": "BK1",
        "day": timezone.localdate().isoformat(),
        **other,
    }


def test_the_region_writes_down_and_undoes_what_a_provider_paid(house, region, offer):
    paid({offer: 1}, now=timezone.now())
    book(timezone.now())
    where = at("transfers", region.key)

    house.post(where, form())
    shown = house.get(where)
    (made,) = Transfer.objects.all()
    nothing = house.post(at("transfer_undo", region.key, transfer_id=made.pk), {"reason": ""})
    house.post(at("transfer_undo", region.key, transfer_id=made.pk), {"reason": "金额写错"})

    assert dict(shown.context["stands"]) == {"WeChat Pay": 2000, "The house's bank account": 2982}
    assert (nothing.status_code, "Write why" in nothing.content.decode()) == (422, True)
    assert dict(house.get(where).context["stands"]) == {"WeChat Pay": 5000, "The house's bank account": 0}


def test_what_was_typed_stays_where_the_house_refuses(house, region):
    answer = house.post(at("transfers", region.key), form(provider="alipay", amount="12.34"))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert all(text in page for text in ('value="12.34"', 'value="BK1"', '<option value="alipay" selected', "By the books there are ¥0"))
    assert not Transfer.objects.exists()


def test_a_station_brings_cash_out_of_its_box(house, region, station, operator, point):
    where = at("cash_to_bank", point.organisation.key)
    first = station.get(where)
    shift = payments.open_shift(organisation=point.organisation, person_id=operator.pk, float_fen=5000, now=timezone.now())

    station.post(where, form(provider="wechat_pay", fee="9"))
    listed = house.get(at("transfers", region.key))
    (made,) = Transfer.objects.all()
    elsewhere = house.post(at("transfer_undo", region.key, transfer_id=made.pk), {"reason": "金额写错"})
    station.post(at("cash_to_bank_undo", point.organisation.key, transfer_id=made.pk), {"reason": "还没有去"})
    payments.close_shift(shift_id=shift.pk, counted_fen=5000, by_id=operator.pk, now=timezone.now())
    told = station.get(at("shift", point.organisation.key, shift_id=shift.pk))

    made.refresh_from_db()
    assert "Open a cash shift first" in first.content.decode()
    assert (made.provider, made.fee_fen, made.organisation, made.reason) == ("cash", 0, point.organisation, "还没有去")
    assert [one for _name, one in listed.context["rows"]] == [made]
    assert elsewhere.status_code == 404
    assert [(row["moved"].amount_fen, row["number"], row["paper_id"]) for row in told.context["rows"]] == [
        (-3000, "BK1", None),
        (3000, "BK1", None),
    ]


def test_a_countys_centre_has_no_such_page(browser_of, reviewer, centre):
    assert browser_of(reviewer).get(at("transfers", centre.key)).status_code == 404
