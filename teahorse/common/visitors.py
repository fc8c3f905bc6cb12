"""From which network address a request comes."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

NOWHERE = "127.0.0.1"


def client_address(request: HttpRequest) -> str:
    """
    Return the visitor's IP address, as the outermost of our own proxies saw it.

    ``PROXIES`` of them stand before us, and each writes at the right end of ``X-Forwarded-For`` whom it was asked by.
    What stands further left the visitor may have written herself. A request with fewer entries went around a proxy: then
    only the connection itself is believed, and this machine where even that says nothing (a Unix socket).
    """
    connected = _address(request.META.get("REMOTE_ADDR", "")) or NOWHERE
    seen = [entry for entry in request.headers.get("X-Forwarded-For", "").split(",") if entry.strip()]
    if not 0 < settings.PROXIES <= len(seen):
        return connected
    return _address(seen[-settings.PROXIES]) or connected


def _address(text: str) -> str:
    """Return an address without port, brackets and zone; nothing where it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)
