"""A driver's day on her phone: loaded with a line, handed over and fetched without one, told once when the line is back."""

import psycopg
import pytest
from playwright.sync_api import expect

from tests.browser.people import Desk

DRIVER = ("centre-qonggyai", "19900004018")
PATIENCE = 60_000


@pytest.fixture
def driver(browser, open_house):
    return Desk(browser, open_house, *DRIVER, width=390)


def asked(house, sql):
    with psycopg.connect(house.database) as database:
        return database.execute(sql).fetchall()


THE_RUN = "(select id from runs_run where begins_at = (select max(begins_at) from runs_run))"
TOLD = f"select number, done_at <= told_at from runs_stop where run_id = {THE_RUN} and done_at is not null order by number"
HANDLED = f"runs_handling h join runs_stop p on p.id = h.stop_id and p.run_id = {THE_RUN}"
SCANS = f"select s.act, count(*) from {HANDLED} join logistics_scan s on s.id = h.scan_id group by s.act order by s.act"
DOINGS = f"select h.doing, count(*) from {HANDLED} group by h.doing"
STAGE = f"select stage from runs_run where id = {THE_RUN}"
SIGNED_FOR = f"select count(distinct h.stop_id) from {HANDLED} where h.doing = 'deliver'"
SIGNED = f"select count(*) from runs_proof f join runs_stop p on p.id = f.stop_id and p.run_id = {THE_RUN} where f.kind = 'signature'"


def test_a_day_is_driven_offline_in_the_middle_and_told_once(open_house, driver):
    page = driver.open("drive")
    troubles = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    ahead = page.locator(".taps:not(.taps--past) .tap")
    expect(ahead).to_have_count(1, timeout=PATIENCE)
    ahead.click()
    stops = page.locator("[data-stop]")
    count = stops.count()
    planned = dict(asked(open_house, DOINGS))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    stops.nth(0).locator("form.tell button[type=submit]").last.click()
    expect(page.locator("[data-stop].is-done")).to_have_count(1, timeout=PATIENCE)
    assert asked(open_house, TOLD) == [(0, True)]

    page.context.set_offline(True)
    for number in range(1, count - 1):
        told = stops.nth(number)
        expect(told.locator("details")).to_have_attribute("open", "", timeout=PATIENCE)
        paper = told.locator("draw-signature canvas")
        if paper.count():
            draw(page, paper)
        told.locator("form.tell button[type=submit]").last.click()
        expect(page.locator("out-box")).to_have_attribute("data-count", str(number), timeout=PATIENCE)
        expect(told).to_have_class("card stack stack--tight is-kept")
    assert len(asked(open_house, TOLD)) == 1

    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("out-box")).to_have_attribute("data-count", "0", timeout=PATIENCE)
    page.reload()
    expect(page.locator("[data-stop].is-done")).to_have_count(count - 1, timeout=PATIENCE)
    stops.nth(count - 1).locator("form.tell button[type=submit]").last.click()
    expect(page.locator("[data-stop].is-done")).to_have_count(count, timeout=PATIENCE)

    assert asked(open_house, TOLD) == [(number, True) for number in range(count)]
    loaded = planned["load"] + planned["collect"]
    assert asked(open_house, SCANS) == [("arrived", planned["deliver"]), ("loaded", loaded), ("received", planned["unload"])]
    assert asked(open_house, STAGE) == [("finished",)]
    assert asked(open_house, SIGNED) == asked(open_house, SIGNED_FOR)
    assert troubles == []


def draw(page, paper):
    """Sign with a finger."""
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 30, box["y"] + box["height"] - 20, steps=5)
    page.mouse.up()
    page.wait_for_function("field => field.files.length === 1", arg=paper.locator("xpath=../../input[@type='file']").element_handle())
