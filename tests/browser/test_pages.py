"""The mall's pages in three languages, on a phone and on a desk: nothing complains, nothing overflows, nothing is inaccessible."""

import json
import re
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import expect

AXE = Path(__file__).parent.parent.parent / "node_modules/axe-core/axe.min.js"
PAGES = [
    "/",
    "/kinds/",
    "/kinds/food-drink/",
    "/search/?q=qkj",
    "/search/?q=nothing-like-this",
    "/cart/",
    "/scan/",
    "/me/log-in/",
    "PRODUCT",
    "/places/540524/",
    "/verify/",
    "/me/coupons/",
    "/me/cases/",
]
HERS = ["/me/", "/me/coupons/", "/me/cases/", "/me/invoice-titles/"]
BUYER = "19900001001"
PASSWORD = "teahorse-demo"
DESKS = [
    ("company-chamchen-wine", "19900002005", "bo", 390),
    ("station-lhayu", "19900003011", "zh-hans", 390),
    ("region-centre", "19900005022", "bo", 390),
]


def product(page, house):
    page.goto(f"{house.url}/kinds/food-drink/")
    return page.locator("a.goods-card").first.get_attribute("href")


class Walk:
    """A browser in one language at one width that complains of pages which are too wide, hard to reach, or broken."""

    def __init__(self, browser, house, language, width):
        self.house, self.language, self.width = house, language, width
        self.context = browser.new_context(viewport={"width": width, "height": 844}, locale="zh-CN", bypass_csp=True)
        self.context.add_cookies([{"name": "language", "value": language, "url": house.url}])
        self.page = self.context.new_page()
        self.troubles, self.strangers = [], set()
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", self._note)

    def _note(self, request):
        asked = urlsplit(request.url)
        if asked.scheme != "data" and asked.hostname != urlsplit(self.house.url).hostname:
            self.strangers.add(request.url)

    def open(self, path):
        answer = self.page.goto(self.house.url + path)
        assert answer.status == 200, path
        self.look()

    def look(self):
        """Look at the page that is open."""
        page, where = self.page, f"{self.page.url} in {self.language} at {self.width}"
        assert page.locator("html").get_attribute("lang") == self.language
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{where} is {overflow} px too wide"
        page.add_script_tag(path=str(AXE))
        result = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})")
        faults = [(fault["id"], [node["html"][:120] for node in fault["nodes"][:3]]) for fault in result["violations"]]
        assert faults == [], f"{where}: {json.dumps(faults, ensure_ascii=False)}"

    def links(self, selector):
        """Return where links of the page lead, each once."""
        found = self.page.locator(selector).evaluate_all("links => links.map(link => link.getAttribute('href'))")
        return list(dict.fromkeys(found))

    def log_in(self, phone):
        """Log in by the code that the sandbox shows."""
        page, known = self.page, last_message(self.house, phone)
        page.goto(f"{self.house.url}/me/log-in/")
        page.locator("input[name=phone]:not([type=hidden])").first.fill(phone)
        page.locator("main form:has(input[name=phone]:not([type=hidden])) button").first.click()
        page.locator("input[name=code]").fill(code_for(self.house, phone, after=known))
        page.locator("main form:has(input[name=code]) button").first.click()
        page.wait_for_url(lambda address: "/log-in/" not in address)

    def end(self):
        assert self.troubles == []
        assert self.strangers == set()
        self.context.close()


def last_message(house, phone):
    answer = httpx.get(f"{house.sandbox}/sms/last", params={"phone": f"+86{phone}"}, trust_env=False)
    return answer.json() if answer.status_code == 200 else {"id": 0}


def code_for(house, phone, *, after):
    deadline = time.monotonic() + 60
    while (message := last_message(house, phone))["id"] == after["id"]:
        assert time.monotonic() < deadline, "no code came"
        time.sleep(0.2)
    return message["code"]


@pytest.mark.parametrize("language", ["zh-hans", "bo", "en"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_malls_pages_are_whole(browser, open_house, language, width):
    walk = Walk(browser, open_house, language, width)
    for path in PAGES:
        walk.open(product(walk.page, open_house) if path == "PRODUCT" else path)

    walk.end()


@pytest.mark.parametrize("language", ["bo"])  # the longest words and the tallest letters
def test_the_pages_of_who_buys_are_whole_on_a_phone(browser, open_house, language):
    walk = Walk(browser, open_house, language, 390)
    walk.log_in(BUYER)
    for path in HERS:
        walk.open(path)
    walk.open("/me/orders/")
    sent = [link for link in walk.links("main a[href^='/orders/']") if re.fullmatch(r"/orders/[^/]+/", link)]
    walk.open(next(link for link in sent if walk.page.goto(open_house.url + link) and walk.links("a[href*='/problem/']")))
    problem, invoice = walk.links("a[href*='/problem/']")[0], walk.links("a[href*='/invoice/']")[0]
    walk.open(problem)
    walk.open(invoice)

    walk.page.goto(open_house.url + product(walk.page, open_house))
    walk.page.locator(".buy-bar--phone button[value=cart]").click()
    expect(walk.page.locator(".toast")).to_be_visible()
    walk.open("/checkout/")
    walk.page.locator("#new_code").fill("NO-SUCH-CODE")
    walk.page.locator("#new_code").press("Enter")
    expect(walk.page.locator(".field--error #new_code")).to_be_visible()
    walk.look()
    walk.end()


@pytest.mark.parametrize(("organisation", "phone", "language", "width"), DESKS)
def test_the_workbenchs_pages_are_whole(browser, open_house, organisation, phone, language, width):
    walk = Walk(browser, open_house, language, width)
    walk.page.goto(f"{open_house.url}/me/log-in/password/")
    walk.page.locator("input[name=phone]").fill(phone)
    walk.page.locator("input[name=password]").fill(PASSWORD)
    walk.page.locator("main form:has(input[name=password]) button").first.click()
    walk.page.wait_for_url(lambda address: "/log-in/" not in address)
    walk.page.goto(f"{open_house.url}/console/?organisation={organisation}")
    pages = walk.links(f"nav a[href^='/console/{organisation}/']")

    for path in pages:
        walk.open(path)

    assert len(pages) > 4
    walk.end()


def test_a_page_runs_no_inline_script_and_says_so(page, open_house):
    answer = page.goto(open_house.url + "/")
    policy = answer.headers["content-security-policy"]

    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy


def test_the_mall_can_be_read_and_bought_from_without_script(browser, open_house):
    context = browser.new_context(java_script_enabled=False, locale="zh-CN", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(open_house.url + product(page, open_house))
    page.locator("button[value=cart]:visible").last.click()
    page.goto(f"{open_house.url}/cart/")

    assert page.locator("main").get_by_role("link", name="去结算").or_(page.get_by_role("link", name="去结算")).count() >= 1
    context.close()


def test_a_live_part_asks_again_when_the_house_did_not_answer(page, open_house):
    answers = [503, 200]
    page.route("**/live-part/", lambda route: route.fulfill(status=answers.pop(0), body="<p>anew</p>"))
    page.goto(open_house.url)

    page.evaluate("""() => {
        const live = document.createElement("live-order")
        live.setAttribute("src", "/healthz")
        live.setAttribute("fragment", "/live-part/")
        document.querySelector("main").append(live)
        live.catchUp()
    }""")

    expect(page.locator("live-order")).to_have_text("anew", timeout=30_000)
    assert answers == []
