"""The mall's pages in three languages, on a phone and on a desk: nothing complains, nothing overflows, nothing is inaccessible."""

import json
from pathlib import Path

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
]


def product(page, house):
    page.goto(f"{house.url}/kinds/food-drink/")
    return page.locator("a.goods-card").first.get_attribute("href")


@pytest.mark.parametrize("language", ["zh-hans", "bo", "en"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_malls_pages_are_whole(browser, open_house, language, width):
    context = browser.new_context(viewport={"width": width, "height": 844}, locale="zh-CN", bypass_csp=True)
    context.add_cookies([{"name": "language", "value": language, "url": open_house.url}])
    page = context.new_page()
    troubles, strangers = [], set()
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith((open_house.url, "data:")) else strangers.add(request.url))
    addresses = [product(page, open_house) if path == "PRODUCT" else path for path in PAGES]
    for path in addresses:
        answer = page.goto(open_house.url + path)
        assert answer.status == 200, path
        assert page.locator("html").get_attribute("lang") == language
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{path} is {overflow} px too wide at {width} px in {language}"
        page.add_script_tag(path=str(AXE))
        result = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})")
        faults = [(fault["id"], [node["html"][:120] for node in fault["nodes"][:3]]) for fault in result["violations"]]
        assert faults == [], f"{path} in {language} at {width}: {json.dumps(faults, ensure_ascii=False)}"
    assert troubles == []
    assert strangers == set()
    context.close()


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
