"""Whose address counts, by the number of our own proxies."""

import pytest
from django.test import RequestFactory

from teahorse.common.visitors import client_address


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.7", "192.0.2.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "10.9.9.9, 203.0.113.7", "203.0.113.7"),
        (2, "10.9.9.9,203.0.113.7,10.0.0.1", "203.0.113.7"),
        (2, "10.0.0.1", "192.0.2.1"),
        (1, None, "192.0.2.1"),
        (1, " , ", "192.0.2.1"),
        (1, "unknown", "192.0.2.1"),
        (1, "203.0.113.7:4711", "203.0.113.7"),
        (1, "2001:DB8::7", "2001:db8::7"),
        (1, "[2001:db8::7]:4711", "2001:db8::7"),
        (1, "::ffff:203.0.113.7", "203.0.113.7"),
        (1, "fe80::1%eth0", "fe80::1"),
    ],
)
def test_the_visitors_address_is_read_from_the_right(settings, proxies, forwarded, address):
    settings.PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded is not None else {}

    assert client_address(RequestFactory(REMOTE_ADDR="192.0.2.1").get("/", headers=headers)) == address


@pytest.mark.parametrize("remote", ["", "unix:"])
def test_a_socket_without_an_address_is_this_machine(remote):
    assert client_address(RequestFactory(REMOTE_ADDR=remote).get("/")) == "127.0.0.1"
