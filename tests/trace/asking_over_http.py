"""What the tests of the query interface share: organisations' clients, and what documents hold."""

import json
import re

from django.test import Client
from django.utils import timezone

from teahorse.people.actions import issue_token
from tests import world


def client_of(name="chamchen"):
    """Return a client that comes with an organisation's token."""
    _token, secret = issue_token(organisation=world.organisation(name), name="ERP", now=timezone.now())
    return Client(headers={"Authorization": f"Bearer {secret}"})


def post(client, to, body, *, kind="application/json", **headers):
    """Send JSON."""
    return client.post(f"/epcis/{to}", body if isinstance(body, bytes) else json.dumps(body), content_type=kind, headers=headers)


def events_in(answer):
    """Return the events of a document."""
    return answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]


def next_page(answer):
    """Return the address of the next page; none on the last one."""
    found = re.fullmatch(r'<(.*)>; rel="next"', answer.headers.get("Link", ""))
    return found[1].removeprefix("http://testserver") if found else None
