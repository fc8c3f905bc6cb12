"""A buyer's own page."""

import pytest
from django.test import Client

from tests.mall.world import person

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture
def her(db):
    return person()


@pytest.fixture
def browser(her):
    client = Client(HTTP_SEC_FETCH_SITE="same-origin")
    client.force_login(her, backend=BACKEND)
    client.cookies["language"] = "en"
    return client


def test_she_changes_her_name(browser, her):
    answer = browser.post("/me/", {"name": "  བསོད་ནམས་  སྒྲོལ་མ། "}, follow=True)

    her.refresh_from_db()
    assert her.name == "བསོད་ནམས་ སྒྲོལ་མ།"
    page = answer.content.decode()
    assert answer.redirect_chain == [("/me/", 302)]
    assert f"<h1>{her.name}</h1>" in page
    assert "Your name is changed." in page


@pytest.mark.parametrize(("typed", "told"), [(" ", "Write a name."), ("x" * 81, "at most 80"), ("a\u202eb", "nobody can see")])
def test_what_is_no_name_is_told_at_the_field_and_what_was_typed_is_kept(browser, her, typed, told):
    answer = browser.post("/me/", {"name": typed})

    her.refresh_from_db()
    page = answer.content.decode()
    assert (answer.status_code, her.name) == (422, "央宗")
    assert told in page.split("field--error")[1].split("</form>")[0]
    assert f'value="{typed}"' in page
    assert 'class="me__name" open' in page
    assert "<h1>央宗</h1>" in page


def test_who_is_not_logged_in_logs_in_first(db):
    guest = Client(HTTP_SEC_FETCH_SITE="same-origin")

    assert guest.post("/me/", {"name": "卓玛"})["Location"] == "/me/log-in/?next=/me/"
    assert "me__name" not in guest.get("/me/").content.decode()


def test_another_site_does_not_change_her_name(browser, her):
    answer = browser.post("/me/", {"name": "别人"}, HTTP_SEC_FETCH_SITE="cross-site")

    her.refresh_from_db()
    assert (answer.status_code, her.name) == (403, "央宗")


def test_logging_out_takes_the_count_of_her_cart_along(browser, world, put):
    put(world.incense, 2, client=browser)
    assert browser.cookies["cart_count"].value == "2"

    browser.post("/me/log-out/")

    assert browser.cookies["cart_count"].value == ""
    assert browser.cookies["cart_count"]["max-age"] == 0


def test_a_guests_count_stays_when_there_is_nobody_to_log_out(guest, world, put):
    put(world.incense, 2)

    guest.post("/me/log-out/")

    assert guest.cookies["cart_count"].value == "2"
