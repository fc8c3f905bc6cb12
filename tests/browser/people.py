"""What people do in the house's pages, by clicking and typing: buyers on their phones, the staff at the workbench."""

import re

from playwright.sync_api import expect

PASSWORD = "teahorse-demo"


def put_into_cart(page, house, words):
    """Put the first thing into the cart that is found by some words."""
    page.goto(f"{house.url}/search/?q={words}")
    page.locator(".goods-card").first.click()
    page.locator(".buy-bar--phone button[value=cart]").click()
    expect(page.locator(".toast")).to_be_visible()


def begin_checkout(page, house, *, point):
    """Open the checkout, say who buys, and choose a pickup point of Qonggyai."""
    page.goto(f"{house.url}/checkout/")
    page.fill("input[name=name]", "演示买家")
    page.fill("input[name=phone]", "19900001001")
    page.locator("label.choice:has(input[name=way][value=point])").click()
    for level, code in (("province", "54"), ("city", "5405"), ("county", "540524")):
        expect(page.locator(f"select[name={level}] option[value='{code}']")).to_be_attached()
        page.select_option(f"select[name={level}]", code)
    page.locator(f"label:has-text('{point}')").click()
    expect(page.locator("#checkout[aria-busy]")).to_have_count(0)
    expect(page.locator("input[name=quote]")).to_be_attached()


def place_and_pay(page):
    """Place the order, pay it at WeChat Pay's sandbox, wait for the order's page, and return the order's number."""
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
    return re.search(r"\d{14}", page.locator("main").inner_text()).group()


def codes_on(page):
    """Return the digits that stand under the codes of a page, each once."""
    return list(dict.fromkeys(re.sub(r"\s", "", text) for text in page.locator(".qr__digits").all_inner_texts()))


class Desk:
    """Somebody of the staff who has logged in with her password, at the workbench of her organisation."""

    def __init__(self, browser, house, organisation, phone, *, width=1280):
        self.address = f"{house.url}/console/{organisation}/"
        self.page = browser.new_context(locale="zh-CN", viewport={"width": width, "height": 900}).new_page()
        self.page.goto(f"{house.url}/me/log-in/password/")
        self.page.locator("input[name=phone]").fill(phone)
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.locator("main form:has(input[name=password]) button").first.click()
        self.page.wait_for_url(re.compile(r"/me/"))

    def open(self, where):
        """Open a page of the menu."""
        self.page.goto(f"{self.address}{where}/")
        return self.page

    def pack(self, order_number):
        """Pack the part of an order that is this seller's and return the parcel's number."""
        self.open("ship").locator("tr", has_text=order_number).get_by_role("link", name="打包").click()
        self.page.locator("main form[method=post] button").last.click()
        self.page.wait_for_load_state()
        packed = self.open("ship/packed").locator("tr", has_text=order_number)
        return re.search(r"TH\d{12}", packed.inner_text()).group()

    def scan(self, mode, parcel):
        """Scan a parcel, or find it by its pickup code."""
        self.open("parcels").locator(f"label.choice:has(input[value={mode}])").click()
        self.page.locator("#number").fill(parcel)
        self.page.locator("#number").press("Enter")
        self.page.wait_for_load_state()

    def hand_over(self, code):
        """Hand a parcel over against its pickup code."""
        self.scan("find", code)
        self.page.locator("input[name=pickup_code]").fill(code)
        self.page.locator("form:has(input[name=pickup_code]) button").first.click()
        self.page.wait_for_load_state()
