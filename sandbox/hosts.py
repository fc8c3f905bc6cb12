"""Which hosts the sandbox may send people and notifications to: this machine, and what its owner names."""

from __future__ import annotations

import ipaddress
import os
from urllib.parse import urlsplit


def is_allowed_url(url: str) -> bool:
    """Whether an http(s) address is on a loopback host, or on one named in `TEAHORSE_SANDBOX_HOSTS` (by comma)."""
    if any(ord(sign) <= 32 or sign == "\\" for sign in url):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None:
        return False
    if host == "localhost" or host in os.environ.get("TEAHORSE_SANDBOX_HOSTS", "").split(","):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
