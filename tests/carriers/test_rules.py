"""Weights, prices, postal numbers, signatures and words, without a network."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahorse.carriers import states
from teahorse.carriers.providers import Party, Wanted
from teahorse.carriers.providers.kuaidi100 import push_sign, question_sign
from teahorse.carriers.providers.sf import _order
from teahorse.carriers.providers.sf.client import digest
from teahorse.carriers.rules import (
    Price,
    charged_grams,
    domestic_phone,
    fee_fen,
    fen_written,
    grams_written,
    is_postal_number,
    kilograms,
    region_in,
    s10_check_digit,
)
from teahorse.logistics.models import Scan

PRICE = Price(first_grams=1000, first_fen=1800, step_grams=1000, step_fen=500, cm3_per_kg=6000)


def test_the_posts_check_digit_is_upu_s10s():
    assert s10_check_digit("47312482") == 9  # the standard's worked example
    assert is_postal_number("RR473124829CN")
    assert not is_postal_number("RR473124828CN")
    assert is_postal_number("1136281381675")
    assert not is_postal_number("SF1234567890123")


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("西藏自治区山南市琼结县拉玉乡", ("西藏自治区", "山南市", "琼结县", "拉玉乡")),
        ("西藏自治区阿里地区噶尔县狮泉河镇 滨河路1号", ("西藏自治区", "阿里地区", "噶尔县", "狮泉河镇 滨河路1号")),
        ("上海市徐汇区 某某路1号", ("上海市", "上海市", "徐汇区", "某某路1号")),
        ("上海市上海市徐汇区某某路1号", ("上海市", "上海市", "徐汇区", "某某路1号")),
        ("云南省迪庆藏族自治州香格里拉市 独克宗古城", ("云南省", "迪庆藏族自治州", "香格里拉市", "独克宗古城")),
        ("浙江省嘉兴市桐乡市某某路2号", ("浙江省", "嘉兴市", "桐乡市", "某某路2号")),
        ("海南省文昌市文城镇某某小区3号", ("海南省", "文昌市", "文昌市", "文城镇某某小区3号")),
        ("重庆市石柱土家族自治县某某街1号", ("重庆市", "重庆市", "石柱土家族自治县", "某某街1号")),
        ("某某路1号", None),
        ("西藏自治区", None),
        ("", None),
    ],
)
def test_an_address_is_told_apart_as_the_post_wants_it(address, parts):
    assert region_in(address) == parts


@pytest.mark.parametrize(("grams", "fen"), [(1, 1800), (1000, 1800), (1001, 2300), (2000, 2300), (2001, 2800), (10_000, 6300)])
def test_a_fee_grows_by_each_step_begun(grams, fen):
    assert fee_fen(PRICE, charged=grams) == fen


@pytest.mark.parametrize(
    ("kept", "wanted"),
    [
        ("+8613900000001", "13900000001"),
        ("+868937820000", "08937820000"),
        ("+861065529988", "01065529988"),
        ("+85221234567", "+85221234567"),
        ("", ""),
    ],
)
def test_a_telephone_is_written_as_it_is_dialled_inland(kept, wanted):
    assert domestic_phone(kept) == wanted


@given(grams=st.integers(1, 30_000), count=st.integers(1, 50))
def test_many_of_a_thing_in_one_parcel_never_cost_more_than_each_alone(grams, count):
    """The price of a quantity is that of its weight: reckoned once more by the quantity it would grow with its square."""
    assert fee_fen(PRICE, charged=grams * count) <= count * fee_fen(PRICE, charged=grams)


def test_grams_are_told_as_kilograms_and_read_back():
    assert kilograms(1250) == "1.25"
    assert grams_written("1.25") == 1250
    assert fen_written("18.5") == 1850
    for text in ("", "abc", "-1", "NaN", "Infinity"):
        with pytest.raises(ValueError, match=r"number|range"):
            grams_written(text)


@given(grams=st.integers(1, 10**8))
def test_every_weight_survives_its_way_over_the_wire(grams):
    assert grams_written(kilograms(grams)) == grams


def test_what_is_light_and_large_is_charged_by_its_volume():
    assert charged_grams(weight_grams=800, volume_cm3=12_001, cm3_per_kg=6000) == 2001
    assert charged_grams(weight_grams=2500, volume_cm3=12_000, cm3_per_kg=6000) == 2500
    assert charged_grams(weight_grams=800, volume_cm3=12_000, cm3_per_kg=None) == 800


def test_a_booking_tells_kilograms_of_the_whole_parcel():
    party = Party(name="a", phone="1", address="b")
    order = _order(Wanted(our_number="TH1", sender=party, recipient=party, weight_grams=1250), "7551234567")

    assert order["totalWeight"] == 1.25
    assert [(cargo["count"], cargo["weight"]) for cargo in order["cargoDetails"]] == [(1, 1.25)]


def test_sfs_digest_is_that_of_other_tools():
    """The expected values are of `printf '%s' <form-encoded> | openssl md5 -binary | base64`."""
    assert digest(message='{"a":1}', timestamp="1700000000000", checkword="cw") == SF_VECTORS[0]
    assert digest(message='{"名":"青稞 酒~*"}', timestamp="1700000000000", checkword="cw") == SF_VECTORS[1]


def test_kuaidi100s_signs_are_those_of_other_tools():
    """The expected values are of `printf '%s' <text> | openssl md5`, in upper case."""
    assert question_sign(param='{"com":"ems"}', key="k", customer="C") == KD_VECTORS[0]
    assert push_sign(param='{"status":"polling"}', salt="s") == KD_VECTORS[1]


SF_VECTORS = ("MTi764CWVlVMKjj8p0kGeQ==", "2+fK76xn8PgGD/VGpNQTlg==")
KD_VECTORS = ("C90E3EC610A64013882EE2D479DE5265", "79767CD89ED2EA6A2DCD477D02DF9F13")


def test_a_number_is_read_by_its_sources_table_only():
    assert states.mapped("kuaidi100", "204") == states.State.TROUBLE
    assert states.mapped("sf", "204") == states.State.OUT_FOR_DELIVERY
    assert states.mapped("sf", "99999") == states.State.UNMAPPED
    assert states.mapped("kuaidi100", "304") == states.State.READY_TO_FETCH


def test_a_lockers_receipt_is_no_delivery():
    assert states.mapped("sf", "80", "已派送至（顺丰自助柜）") == states.State.READY_TO_FETCH
    assert states.mapped("sf", "80", "您的快件已派送至本人") == states.State.DELIVERED
    assert states.mapped("sf", "80", "已从丰巢取件，签收人：本人") == states.State.DELIVERED


def test_every_word_of_ours_has_a_name_and_becomes_an_act_that_there_is():
    assert set(states.NAMES) == set(states.State)
    assert set(states.ACTS.values()) <= set(Scan.Act.values)
