"""
The purchase goes on: fetched, matured, paid out in cash, and half of it back through the station - on phones, to the fen.

The house is a real one, and no clock of it can be turned. So the days of the return window pass by dating back when the goods were
received, and the hour strikes by the very job that the clock starts.
"""

import re
import time

import procrastinate
import psycopg
import pytest
from playwright.sync_api import expect

from tests.aftersales.making import picture
from tests.browser.people import Desk, begin_checkout, codes_on, place_and_pay, put_into_cart

WEAVERS, STATION = ("coop-hongxing", "19900002006"), ("station-lhayu", "19900003011")
CLERK, HEAD = ("centre-qonggyai", "19900004019"), ("centre-qonggyai", "19900004017")
PATIENCE = 60_000
OF_ORDER = "(select id from orders_sellerorder where number like %s || '-%%')"
MATURES = f"(select maturity_id from settlement_earning where order_id = {OF_ORDER})"
EARNED = f"select state from settlement_maturity where id = {MATURES}"
TEN_DAYS_AGO = (
    f"update logistics_parcel set stage_at = stage_at - interval '10 days' where reference = {OF_ORDER}",
    f"update orders_sellerorder set ended_at = ended_at - interval '10 days' where id = {OF_ORDER}",
    f"update settlement_earning set earned_at = earned_at - interval '10 days' where order_id = {OF_ORDER}",
    f"update settlement_maturity set matures_at = matures_at - interval '10 days' where id = {MATURES}",
)


@pytest.fixture
def weaver(browser, open_house):
    return Desk(browser, open_house, *WEAVERS, width=390)


@pytest.fixture
def keeper(browser, open_house):
    return Desk(browser, open_house, *STATION, width=390)


@pytest.fixture
def head(browser, open_house):
    return Desk(browser, open_house, *HEAD, width=390)


@pytest.fixture
def clerk(browser, open_house):
    return Desk(browser, open_house, *CLERK, width=390)


def test_what_goes_back_at_a_station_after_the_payout_is_right_to_the_fen(page, open_house, troubles, weaver, keeper, clerk, head):
    begin_a_shift(keeper)
    paid_in_cash(clerk, head, keeper)  # what the demo's rug brought
    put_into_cart(page, open_house, "加麻方坐垫")
    number = buy_two_with_a_code(page, open_house)
    fetch_at_the_station(page, weaver, keeper, number)
    let_the_return_window_pass(open_house, number)
    assert paid_in_cash(clerk, head, keeper) == "¥566.54"

    ask_one_back(page)
    page.evaluate("window.isTheSamePage = true")  # from here on it changes by itself
    weaver.open("cases").locator("tr", has_text=number).get_by_role("link").click()
    weaver.page.locator("button[value=agree]").click()
    expect(page.locator("main h1")).to_have_text("等待退回商品", timeout=PATIENCE)
    take_in(keeper, *codes_on(page))
    expect(page.locator("main h1")).to_have_text("退货途中", timeout=PATIENCE)
    weaver.page.locator("button[value=receive]").click(timeout=PATIENCE)  # hers has changed by itself too
    weaver.page.locator("button[value=pass]").click()
    expect(page.locator("main h1")).to_have_text("已完成", timeout=PATIENCE)
    assert page.evaluate("window.isTheSamePage")
    assert troubles == []

    # 596 yuan for two, 10 of them borne by the platform; of the half that went back 293 reached the buyer
    told = money_at_the_desk(head, number)
    assert fen_in(told.locator(".ledger-lines").first) == {
        "买家已付": 58_600,
        "他方承担的价款": 1_000,
        "已退": -29_800,
        "佣金": -894,
        "站点服务费": -50,
        "支付手续费": -179,
        "运费服务费": -700,
        "归商家": 27_977,
    }
    assert fen_in(told.locator("article")) == {
        "在微信支付": 29_300,
        "在现金": -56_654,
        "由他方承担": -500,
        "佣金 · 琼结县电商服务中心": 894,
        "站点服务费 · 拉玉乡服务站": 50,
        "支付手续费": 179,
        "运费服务费 · 琼结县电商服务中心": 700,
        "待付款 · 加麻红星合作社": -28_677,
    }


def buy_two_with_a_code(page, house):
    """Make two of what is in the cart, name a code at the checkout, and pay; return the order's number."""
    page.goto(f"{house.url}/cart/")
    page.locator("[data-step='1']").click()
    expect(page.locator("main input[name=quantity]")).to_have_value("2")
    begin_checkout(page, house, point="拉玉乡服务站")
    page.locator("#new_code").fill("CHAMA10")
    page.locator("button[value=look]:visible").click()
    expect(page.locator("main")).to_contain_text("¥586.00")
    return place_and_pay(page)


def fetch_at_the_station(page, weaver, keeper, number):
    """Have the order packed and taken in, and fetch it against its code."""
    keeper.scan("take_in", weaver.pack(number))
    expect(page.locator(".qr__digits")).to_be_visible(timeout=PATIENCE)
    keeper.hand_over(*codes_on(page))
    page.locator("button[value=receive]").click(timeout=PATIENCE)
    expect(page.locator("main")).to_contain_text("已完成")


def let_the_return_window_pass(house, number):
    """Date back by ten days when the buyer had her goods, past the triggers that let nobody do so, and let what was earned mature."""
    with psycopg.connect(house.database, autocommit=True) as database:
        wait_until_it_is("maturing", database, number)
        with database.transaction():
            database.execute("set local session_replication_role = replica")
            assert [database.execute(change, [number]).rowcount for change in TEN_DAYS_AGO] == [1, 1, 1, 1]
        with procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=house.database)).open() as clock:
            clock.configure_task("settlement.mature", queue="clock").defer(timestamp=0)
        wait_until_it_is("payable", database, number)


def wait_until_it_is(state, database, number):
    deadline = time.monotonic() + PATIENCE / 1000
    while database.execute(EARNED, [number]).fetchall() != [(state,)]:
        assert time.monotonic() < deadline, f"what was earned is not {state}"
        time.sleep(0.2)


def begin_a_shift(keeper):
    """Count the box and open it."""
    keeper.open("shifts").locator("input[name=float]").fill("3000")
    keeper.page.locator("main form[method=post] button").click()
    expect(keeper.page.locator("#q")).to_be_visible()


def paid_in_cash(clerk, head, keeper):
    """Have one prepare what the weavers get, another approve it, and the station give it to them; return how much it is."""
    clerk.open("settle").get_by_label("加麻红星合作社").check()
    clerk.page.get_by_role("button", name="制付款单").click()
    draft = clerk.page.locator("article", has_text="加麻红星合作社").filter(has=clerk.page.locator("button[value=drop]"))
    payout, amount = re.search(r"P\d+-\w+", draft.inner_text()).group(), draft.locator(".num").first.inner_text()
    head.open("settle").locator("article", has_text=payout).locator("button[value=approve]").click()
    expect(head.page.locator("article", has_text=payout).locator("button[value=cash]")).to_be_visible()
    own = keeper.open("cash/payouts").locator("article", has_text=payout)
    own.locator("input[name=received_by]").fill("卓玛")
    own.locator("button").click()
    expect(keeper.page.locator("main")).to_contain_text("卓玛")
    return amount


def ask_one_back(page):
    """Tell on the order's page that one of two has a fault, with a photograph."""
    page.get_by_role("link", name="退换或有问题").click()
    page.locator("select[name='units.1']").select_option("1")
    page.locator("label:has(input[name=reason][value=damaged])").click()
    page.locator("main form button").last.click()
    page.locator("label:has(input[name=kind][value=return_refund])").click()
    page.fill("#story", "边上开线了")
    page.set_input_files("#photos", {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": picture().read()})
    page.locator("button[value=send]").click()
    expect(page.locator("main h1")).to_have_text("等商家处理")


def take_in(keeper, code):
    """Take the goods in at the station, against the buyer's code."""
    keeper.open("returns").locator("#code").fill(code)
    keeper.page.locator("#code").press("Enter")
    keeper.page.locator("input[name=weight]").fill("2.1")
    keeper.page.locator("main form[method=post] button").click()
    expect(keeper.page.get_by_text(re.compile(r"TH\d{12}"))).to_be_visible()


def money_at_the_desk(head, number):
    """Find an order at the desk and follow its money; return what the page tells."""
    head.open("desk").locator("input[name=q]").fill(number)
    head.page.locator("input[name=q]").press("Enter")
    head.page.locator("td.table__title", has_text=number).get_by_role("link").click()
    head.page.get_by_role("link", name="资金经过").click()
    expect(head.page.locator("h1")).to_have_text(f"{number}-1")
    return head.page.locator("main")


def fen_in(part):
    """Return what the rows of a part of a page add up to by name, without those that come to nothing."""
    found = {}
    for row in part.locator("tr").all():
        name, text = row.locator("th").inner_text(), row.locator("td").inner_text()
        fen = int(re.sub(r"\D", "", text)) * (-1 if text.startswith(("-", "−")) else 1)
        found[name] = found.get(name, 0) + fen
    return {name: fen for name, fen in found.items() if fen}
