"""Logging in as a person does it: a phone, a code, and on; and everything that may go wrong on the way."""

import re
from datetime import timedelta

import pytest
from allauth.account.adapter import get_adapter
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from teahorse.people import actions
from teahorse.people.log_in import SESSION_KEY
from teahorse.people.models import Person

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.people.urls")]

PHONE = "+8613800138000"
ARRIVED = "/me/arrived/?next=%2Fme%2F"


@pytest.fixture(autouse=True)
def _house(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.SANDBOX_URL = "http://127.0.0.1:1"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    settings.LANGUAGE_CODE = "en"


def sent():
    """The messages that the worker was left to send, the oldest first."""
    return [job.args for job in ProcrastinateJob.objects.filter(task_name="people.send_code").order_by("id")]


def ask(client, phone="138 0013 8000", **more):
    return client.post("/me/log-in/", {"phone": phone, **more}, HTTP_ACCEPT_LANGUAGE="en")


def type_code(client, code):
    return client.post("/me/log-in/code/", {"code": code}, HTTP_ACCEPT_LANGUAGE="en")


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06}"


def who(client):
    return client.session.get("_auth_user_id")


def test_an_unknown_phone_becomes_a_person_by_the_right_code(client):
    asked = ask(client)
    (message,) = sent()
    assert Person.objects.count() == 0
    arrived = type_code(client, f"{message['code'][:3]} {message['code'][3:]}")

    person = Person.objects.get()
    assert (asked.status_code, asked["Location"]) == (302, "/me/log-in/code/")
    assert (message["phone"], message["locale"], message["minutes"]) == (PHONE, "en", 5)
    assert len(message["code"]) == 6
    assert message["code"].isdecimal()
    assert (arrived.status_code, arrived["Location"]) == (302, ARRIVED)
    assert (person.phone, person.is_phone_verified, person.locale) == (PHONE, True, "en")
    assert who(client) == str(person.pk)
    assert SESSION_KEY not in client.session


def test_a_known_person_is_logged_in_and_not_made_again(client, person):
    tashi = person(phone=PHONE)

    ask(client)
    type_code(client, sent()[0]["code"])

    assert who(client) == str(tashi.pk)
    assert Person.objects.count() == 1


def test_known_and_unknown_phones_are_answered_alike(client, person, client_b):
    person(phone="+8613900139000")

    unknown, known = ask(client, "13800138000"), ask(client_b, "13900139000")
    pages = [each.get("/me/log-in/code/", HTTP_ACCEPT_LANGUAGE="en").content.decode() for each in (client, client_b)]

    assert (unknown.status_code, unknown["Location"]) == (known.status_code, known["Location"])
    plain = [re.sub(r'(csrfmiddlewaretoken" value=")\w+', r"\1", page).replace("138******00", "139******00") for page in pages]
    assert plain[0] == plain[1]
    assert [message["phone"] for message in sent()] == [PHONE, "+8613900139000"]


@pytest.fixture
def client_b():
    from django.test import Client

    return Client()


def test_a_guests_session_is_taken_along_under_a_new_key(client):
    session = client.session
    session["cart"] = "kept"
    session.save()
    before = session.session_key

    ask(client)
    type_code(client, sent()[0]["code"])

    assert client.session["cart"] == "kept"
    assert client.session.session_key != before


def test_she_goes_on_to_where_she_came_from(client):
    ask(client, next="/cart/?step=2")
    arrived = type_code(client, sent()[0]["code"])

    assert arrived["Location"] == "/me/arrived/?next=%2Fcart%2F%3Fstep%3D2"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"])
def test_she_never_goes_on_to_another_house(client, elsewhere):
    ask(client, next=elsewhere)
    arrived = type_code(client, sent()[0]["code"])

    assert arrived["Location"] == ARRIVED


def test_a_wrong_code_is_told_at_the_field_and_the_right_one_still_holds(client):
    ask(client)
    code = sent()[0]["code"]

    refused = type_code(client, wrong(code))
    page = refused.content.decode()

    assert refused.status_code == 422
    assert "Tries left: 4." in page
    assert 'aria-invalid="true"' in page
    assert who(client) is None
    assert type_code(client, code)["Location"] == ARRIVED


def test_after_five_wrong_codes_the_right_one_is_dead(client):
    ask(client)
    code = sent()[0]["code"]

    answers = [type_code(client, wrong(code)) for _ in range(5)]
    late = type_code(client, code)

    assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 302]
    assert answers[-1]["Location"] == "/me/log-in/"
    assert (late.status_code, late["Location"]) == (302, "/me/log-in/")
    assert who(client) is None
    assert Person.objects.count() == 0
    assert "This code does not hold any more" in client.get("/me/log-in/", HTTP_ACCEPT_LANGUAGE="en").content.decode()


def test_another_session_gives_no_more_tries_on_the_same_phone(client, client_b):
    ask(client)
    for _ in range(5):
        type_code(client, wrong(sent()[0]["code"]))

    ask(client_b)
    refused = type_code(client_b, sent()[1]["code"])

    assert refused.status_code == 429
    assert "Too many tries" in refused.content.decode()
    assert who(client_b) is None


def test_a_code_is_dead_after_five_minutes(client):
    ask(client)
    session = client.session
    session[SESSION_KEY] = {**session[SESSION_KEY], "at": session[SESSION_KEY]["at"] - 301}
    session.save()

    late = type_code(client, sent()[0]["code"])

    assert (late.status_code, late["Location"]) == (302, "/me/log-in/")
    assert who(client) is None


def test_a_new_code_takes_the_place_of_the_one_before(client):
    ask(client, next="/cart/")
    again = client.post("/me/log-in/code/", {"again": "1"})
    before, after = (message["code"] for message in sent())

    assert again["Location"] == "/me/log-in/code/"
    if before != after:
        assert type_code(client, before).status_code == 422
    assert type_code(client, after)["Location"] == "/me/arrived/?next=%2Fcart%2F"


def test_a_code_works_once(client):
    ask(client)
    code = sent()[0]["code"]
    type_code(client, code)
    client.post("/me/log-out/")

    assert type_code(client, code)["Location"] == "/me/log-in/"
    assert who(client) is None


def test_a_phone_gets_three_codes_a_minute(client):
    answers = [ask(client) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [302, 302, 302, 429]
    assert "Too many tries" in answers[3].content.decode()
    assert len(sent()) == 3


@pytest.mark.parametrize("typed", ["", "12345", "0893-6212345"])
def test_what_is_no_mobile_number_is_told_at_the_field(client, typed):
    refused = ask(client, typed)

    assert refused.status_code == 422
    assert "field__error" in refused.content.decode()
    assert sent() == []


def test_where_no_message_can_be_sent_the_page_says_so(client, settings, caplog):
    settings.SANDBOX_URL = ""

    refused = ask(client)

    assert refused.status_code == 409
    assert "No messages can be sent from here" in refused.content.decode()
    assert "no message service is set up" in caplog.text
    assert sent() == []


def test_the_page_of_the_code_needs_a_code(client):
    assert client.get("/me/log-in/code/")["Location"] == "/me/log-in/"


def test_the_pages_are_made_for_a_phone(client):
    page = client.get("/me/log-in/?next=/cart/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    ask(client)
    code_page = client.get("/me/log-in/code/").content.decode()

    assert 'autocomplete="tel"' in page
    assert 'inputmode="tel"' in page
    assert '<input type="hidden" name="next" value="/cart/">' in page
    assert "/me/log-in/password/?next=%2Fcart%2F" in page
    assert 'autocomplete="one-time-code"' in code_page
    assert 'inputmode="numeric"' in code_page
    assert "138******00" in code_page
    assert "13800138000" not in code_page


@pytest.fixture
def clerk(person, network, now):
    clerk = person(phone=PHONE, is_phone_verified=False)
    clerk.set_password("rain over the pass")
    clerk.save()
    actions.give_membership(person=clerk, organisation=network.centre, role="staff", now=now)
    return clerk


def by_password(client, secret, phone="13800138000", **more):
    return client.post("/me/log-in/password/", {"phone": phone, "password": secret, **more}, HTTP_ACCEPT_LANGUAGE="en")


def test_staff_log_in_by_password(client, clerk):
    arrived = by_password(client, "rain over the pass", next="/console/")

    assert (arrived.status_code, arrived["Location"]) == (302, "/me/arrived/?next=%2Fconsole%2F")
    assert who(client) == str(clerk.pk)
    assert sent() == []


def test_a_wrong_password_an_unknown_phone_and_a_person_without_one_are_answered_alike(client, clerk, person):
    person(phone="+8613900139000")

    answers = [
        by_password(client, "sun over the pass"),
        by_password(client, "sun over the pass", phone="13700137000"),
        by_password(client, "sun over the pass", phone="13900139000"),
    ]

    assert [answer.status_code for answer in answers] == [422] * 3
    assert all("The number or the password is wrong." in answer.content.decode() for answer in answers)
    assert who(client) is None


def test_passwords_of_one_phone_can_be_tried_five_times_and_others_go_on(client, clerk, person):
    answers = [by_password(client, "wrong", phone="13700137000").status_code for _ in range(6)]

    assert answers == [422] * 5 + [429]
    assert by_password(client, "rain over the pass").status_code == 302


def test_a_closed_log_in_stays_closed_by_code_and_by_password(client, clerk):
    Person.objects.filter(pk=clerk.pk).update(is_active=False)

    ask(client)
    by_code = type_code(client, sent()[0]["code"])
    with_password = by_password(client, "rain over the pass")

    assert (by_code["Location"], with_password["Location"]) == ("/me/log-in/", "/me/log-in/")
    assert who(client) is None
    assert "This log-in is closed" in client.get("/me/log-in/", HTTP_ACCEPT_LANGUAGE="en").content.decode()


def test_an_ended_membership_ends_the_session(client, clerk, now):
    by_password(client, "rain over the pass")
    assert client.get("/me/log-in/").status_code == 302

    actions.end_membership(membership=clerk.memberships.get(), now=now + timedelta(hours=1))

    assert client.get("/me/log-in/").status_code == 200
    assert by_password(client, "rain over the pass").status_code == 302
    assert client.get("/me/log-in/").status_code == 302


def test_who_is_logged_in_goes_on(client, person):
    client.force_login(person())

    assert client.get("/me/log-in/?next=/cart/")["Location"] == "/cart/"
    assert client.get("/me/log-in/password/?next=https://evil.example/")["Location"] == "/me/"
    assert client.get("/me/log-in/code/")["Location"] == "/me/log-in/"


def test_behind_a_proxy_codes_are_counted_by_the_visitors_address(rf, settings):
    settings.PROXIES = 2

    seen = [get_adapter().get_client_ip(rf.get("/", HTTP_X_FORWARDED_FOR=text)) for text in ("9.9.9.9, 203.0.113.7, 10.0.0.1", "10.0.0.1")]

    assert seen == ["203.0.113.7", "127.0.0.1"]


def test_logging_out_asks_once(client, person):
    client.force_login(person())

    page = client.get("/me/log-out/")
    assert who(client) is not None
    gone = client.post("/me/log-out/")

    assert page.status_code == 200
    assert (gone.status_code, gone["Location"]) == (302, "/")
    assert who(client) is None
    assert client.get("/me/log-out/")["Location"] == "/"


def test_only_the_demo_offers_log_ins_to_tap(client, settings, person):
    buyer, seller = person(phone="+8619900001001", name="买家"), person(phone="+8619900002004", name="掌柜")
    hidden = person(phone="+8619900001002", name="not shown")
    person(phone="+8613800138000", name="a real visitor")

    plain = client.get("/me/log-in/").content.decode()
    settings.DEMO = True
    demo = client.get("/me/log-in/").content.decode()

    assert buyer.phone not in plain
    assert "127.0.0.1:1/sms/" not in plain
    assert f'name="phone" value="{buyer.phone}"' in demo
    assert f'name="phone" value="{seller.phone}"' in demo
    assert hidden.phone not in demo
    assert 'href="http://127.0.0.1:1/sms/"' in demo
    assert "a real visitor" not in demo
    assert ask(client, buyer.phone)["Location"] == reverse("people:code")
