"""What is told without a line waits on the phone and is told once when the line is back, with its photograph."""

import re
from datetime import UTC, datetime

import psycopg
import pytest
from playwright.sync_api import expect

from tests.aftersales.making import picture
from tests.browser.people import Desk

WEAVERS = ("coop-hongxing", "19900002006")
PATIENCE = 60_000


@pytest.fixture
def weaver(browser, open_house):
    return Desk(browser, open_house, *WEAVERS, width=390)


TOLD = """
    select t.step, count(a.id)
      from trace_telling t left join trace_attachment a on a.telling_id = t.id
     where t.received_at >= %s
     group by t.id
     order by t.received_at, t.id
"""


def told(house, since):
    """Return the steps that the house was told since a moment, and with how many files, the first one first."""
    with psycopg.connect(house.database) as database:
        return database.execute(TOLD, [since]).fetchall()


def test_a_step_told_without_a_line_is_sent_when_it_is_back(open_house, weaver):
    page, begun = weaver.open("trace"), datetime.now(UTC)
    troubles = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.locator("a.tap", has_text="卡垫地毯").click()
    page.locator("a.tap", has_text="收毛线").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for number, (name, weight) in enumerate((("卓玛家", "12.5"), ("边巴家", "8"))):
        page.locator("input[name=household]").nth(number).fill(name)
        page.locator("input[name=weight]").nth(number).fill(weight)
    page.context.set_offline(True)

    page.locator("form.tell button").last.click()

    expect(page.locator("out-box")).to_contain_text("1", timeout=PATIENCE)
    expect(page.locator("input[name=weight]").first).to_have_value("")
    page.locator("input[name=household]").first.fill("央金家")
    page.locator("input[name=weight]").first.fill("3")
    page.locator("form.tell button").last.click()
    expect(page.locator("out-box")).to_have_attribute("data-count", "2", timeout=PATIENCE)
    assert told(open_house, begun) == []

    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")

    expect(page.locator("out-box")).to_have_attribute("data-count", "0", timeout=PATIENCE)
    assert told(open_house, begun) == [("buy-yarn", 0), ("buy-yarn", 0)]

    page.goto(f"{weaver.address}trace/tell/carpet/dye/")
    page.locator("input[name=take]").first.check()
    page.locator("input[name='give.dyed']").fill("2")
    page.set_input_files("#photos", {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": picture().read()})
    page.context.set_offline(True)
    page.locator("form.tell button").last.click()
    expect(page.locator("out-box")).to_have_attribute("data-count", "1", timeout=PATIENCE)
    page.context.set_offline(False)
    page.goto(f"{weaver.address}trace/")  # another page sends it as well

    expect(page.locator("out-box")).to_have_attribute("data-count", "0", timeout=PATIENCE)
    assert told(open_house, begun)[-1] == ("dye", 1)
    page.goto(f"{weaver.address}trace/tell/carpet/buy-yarn/")
    page.locator("input[name=household]").first.fill("央金家")
    page.locator("input[name=weight]").first.fill("4")
    page.locator("form.tell button").last.click()
    page.wait_for_url(re.compile(r"/trace/told/"))
    assert troubles == []
