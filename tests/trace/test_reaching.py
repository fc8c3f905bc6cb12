"""Where events are sent to: public addresses over HTTPS, and the house's own."""

import socket

import pytest

from teahorse.trace.reaching import NotAllowed, Why, addresses_of


@pytest.fixture
def leads_to(monkeypatch):
    """Let every name lead to some addresses."""

    def names(*addresses):
        entries = [(socket.AF_INET6 if ":" in one else socket.AF_INET, 0, 0, "", (one, 443)) for one in addresses]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: entries)

    return names


def test_a_public_address_is_sent_to_by_what_its_name_says_once(leads_to):
    leads_to("93.184.216.34")

    assert addresses_of("https://partner.example/hook?x=1")[1] == ["93.184.216.34"]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::1", "ff02::1",
    ],
)  # fmt: skip
def test_what_only_the_house_reaches_is_not_sent_to(address, leads_to):
    leads_to("93.184.216.34", address)

    with pytest.raises(NotAllowed) as refused:
        addresses_of("https://partner.example/hook")

    assert refused.value.why == Why.NOT_PUBLIC


@pytest.mark.parametrize(
    ("dest", "why"),
    [
        ("http://partner.example/hook", Why.NOT_HTTPS),
        ("ftp://partner.example/hook", Why.NOT_HTTPS),
        ("https://user@partner.example/", Why.NOT_AN_ADDRESS),
        ("https://user:word@partner.example/", Why.NOT_AN_ADDRESS),
        ("https:///hook", Why.NOT_AN_ADDRESS),
        ("https://partner.example:99999/", Why.NOT_AN_ADDRESS),
        ("https://[::1", Why.NOT_AN_ADDRESS),
        ("nonsense", Why.NOT_AN_ADDRESS),
        ("http://127.0.0.1:5432/", Why.NOT_HTTPS),
    ],
)
def test_what_is_no_address_of_that_kind_is_refused(dest, why, leads_to, settings):
    leads_to("93.184.216.34")
    settings.SITE_URL = "http://127.0.0.1:8000"

    with pytest.raises(NotAllowed) as refused:
        addresses_of(dest)

    assert refused.value.why == why


def test_a_name_that_leads_nowhere_is_refused(monkeypatch):
    def nowhere(*_args, **_named):
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)

    with pytest.raises(NotAllowed) as refused:
        addresses_of("https://nowhere.example/")

    assert refused.value.why == Why.LEADS_NOWHERE


def test_the_houses_own_origin_may_be_named_and_no_other_port_of_it(settings):
    settings.SITE_URL = "http://127.0.0.1:8000"

    assert addresses_of("http://127.0.0.1:8000/hook")[1] == ["127.0.0.1"]
    with pytest.raises(NotAllowed):
        addresses_of("http://127.0.0.1:8001/hook")
