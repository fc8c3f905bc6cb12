"""The main job in a real browser: goods of two counties in one checkout, paid, packed, handed over, received."""

import re

from playwright.sync_api import expect

PASSWORD = "teahorse-demo"
CHAMCHEN, MENDONG = ("company-chamchen-wine", "19900002005"), ("coop-mendong", "19900002009")
POINT, STATION = ("point-dechen", "19900003014"), ("station-lhayu", "19900003011")


def put_into_cart(page, house, words):
    page.goto(f"{house.url}/search/?q={words}")
    page.locator(".goods-card").first.click()
    page.locator(".buy-bar--phone button[value=cart]").click()
    expect(page.locator(".toast")).to_be_visible()


def staff(browser, house, phone):
    """Return a page of somebody of the staff who has logged in with her password."""
    page = browser.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{house.url}/me/log-in/password/")
    page.locator("input[name=phone]").fill(phone)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main form:has(input[name=password]) button").first.click()
    page.wait_for_url(re.compile(r"/me/"))
    return page


def pack(browser, house, seller, order_number):
    """Pack the part of an order that is this seller's and return the parcel's number."""
    organisation, phone = seller
    page = staff(browser, house, phone)
    page.goto(f"{house.url}/console/{organisation}/ship/")
    row = page.locator("tr", has_text=order_number)
    row.get_by_role("link", name="打包").click()
    page.locator("main form[method=post] button").last.click()
    page.wait_for_load_state()
    page.goto(f"{house.url}/console/{organisation}/ship/packed/")
    number = re.search(r"TH\d{12}", page.locator("tr", has_text=order_number).inner_text()).group()
    page.context.close()
    return number


def scan(browser, house, operator, mode, parcel):
    organisation, phone = operator
    page = staff(browser, house, phone)
    page.goto(f"{house.url}/console/{organisation}/parcels/")
    page.locator(f"label.choice:has(input[value={mode}])").click()
    page.locator("#number").fill(parcel)
    page.locator("#number").press("Enter")
    page.wait_for_load_state()
    return page


def test_goods_of_two_counties_are_bought_paid_packed_handed_over_and_received(page, browser, open_house, troubles):
    put_into_cart(page, open_house, "强钦青稞酒")
    put_into_cart(page, open_house, "门东")
    page.goto(f"{open_house.url}/checkout/")
    page.fill("input[name=name]", "演示买家")
    page.fill("input[name=phone]", "19900001001")
    page.locator("label.choice:has(input[name=way][value=point])").click()
    for level, code in (("province", "54"), ("city", "5405"), ("county", "540524")):
        option = page.locator(f"select[name={level}] option[value='{code}']")
        expect(option).to_be_attached()
        page.select_option(f"select[name={level}]", code)
    point = page.locator("label:has-text('德庆村服务点')")
    point.click()
    expect(page.locator("#checkout[aria-busy]")).to_have_count(0)
    expect(page.locator("input[name=quote]")).to_be_attached()
    expect(page.locator(".buy-bar--phone button[value=place]")).to_have_text("提交订单")
    page.locator(".buy-bar--phone button[value=place]").click()

    page.wait_for_url(re.compile(r"/orders/[^/]+/pay/"))
    page.locator("button[value=wechat_pay]").click()
    link = page.locator("a[href*='/wechatpay/']").first
    expect(link).to_be_visible(timeout=60_000)
    payer = page.context.new_page()
    payer.goto(link.get_attribute("href"))
    payer.locator("button[value=pay]").click()
    payer.wait_for_url(re.compile(r"/orders/"))
    payer.close()
    page.wait_for_url(re.compile(r"/orders/[^/]+/(\?.*)?$"), timeout=60_000)
    expect(page.locator("main")).to_contain_text("备货中", timeout=60_000)
    number = re.search(r"\d{14}", page.locator("main").inner_text()).group()

    parcels = [pack(browser, open_house, seller, number) for seller in (CHAMCHEN, MENDONG)]
    expect(page.locator("main")).to_contain_text("已打包", timeout=60_000)

    scan(browser, open_house, STATION, "take_in", parcels[0]).context.close()
    expect(page.locator("main")).to_contain_text("运输中", timeout=60_000)
    for parcel in parcels:
        scan(browser, open_house, POINT, "take_in", parcel).context.close()
    expect(page.locator("main")).to_contain_text("待取件", timeout=60_000)
    codes = page.locator("main").evaluate(
        "main => [...main.querySelectorAll('.qr, .qr *')].map(e => e.textContent.replace(/\\s/g, '')).filter(t => /^\\d{6}$/.test(t))"
    )
    codes = list(dict.fromkeys(codes))
    assert len(codes) == 2

    for code in codes:
        counter = scan(browser, open_house, POINT, "find", code)
        counter.locator("input[name=pickup_code]").fill(code)
        counter.locator("form:has(input[name=pickup_code]) button").first.click()
        counter.wait_for_load_state()
        counter.context.close()
    for _ in codes:
        receive = page.locator("button[value=receive]").first
        expect(receive).to_be_visible(timeout=60_000)
        receive.click()
        page.wait_for_load_state()
    expect(page.locator("main")).to_contain_text("已完成")
    expect(page.locator("button[value=receive]")).to_have_count(0)
    assert troubles == []
