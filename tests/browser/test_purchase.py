"""The main job in a real browser: goods of two counties in one checkout, paid, packed, handed over, received."""

from playwright.sync_api import expect

from tests.browser.people import Desk, begin_checkout, codes_on, place_and_pay, put_into_cart

CHAMCHEN, MENDONG = ("company-chamchen-wine", "19900002005"), ("coop-mendong", "19900002009")
POINT, STATION = ("point-dechen", "19900003014"), ("station-lhayu", "19900003011")


def test_goods_of_two_counties_are_bought_paid_packed_handed_over_and_received(page, browser, open_house, troubles):
    put_into_cart(page, open_house, "强钦青稞酒")
    put_into_cart(page, open_house, "门东")
    begin_checkout(page, open_house, point="德庆村服务点")
    number = place_and_pay(page)

    parcels = [Desk(browser, open_house, *seller).pack(number) for seller in (CHAMCHEN, MENDONG)]
    expect(page.locator("main")).to_contain_text("已打包", timeout=60_000)

    Desk(browser, open_house, *STATION).scan("take_in", parcels[0])
    expect(page.locator("main")).to_contain_text("运输中", timeout=60_000)
    point = Desk(browser, open_house, *POINT)
    for parcel in parcels:
        point.scan("take_in", parcel)
    expect(page.locator("main")).to_contain_text("待取件", timeout=60_000)
    codes = codes_on(page)
    assert len(codes) == 2

    for code in codes:
        point.hand_over(code)
    for _ in codes:
        receive = page.locator("button[value=receive]").first
        expect(receive).to_be_visible(timeout=60_000)
        receive.click()
        page.wait_for_load_state()
    expect(page.locator("main")).to_contain_text("已完成")
    expect(page.locator("button[value=receive]")).to_have_count(0)
    assert troubles == []
