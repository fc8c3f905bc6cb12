import io
import json

import pytest

from teahorse.api.short_way import ShortWay
from teahorse.orders.models import OrderGroup
from tests.api.test_orders import draft, region, sealed  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(monkeypatch):
    """Ask the WSGI application; as in Django's test client a request does not end the test's transaction."""
    monkeypatch.setattr("teahorse.api.short_way.close_old_connections", lambda: None)
    application = ShortWay(lambda *_request: [b"the long way"])

    def send(method, path, body=b""):
        told = []
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "SCRIPT_NAME": "",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_ACCEPT_LANGUAGE": "en",
            "wsgi.input": io.BytesIO(body),
        }
        content = b"".join(application(environ, lambda status, headers: told.extend([status, dict(headers)])))
        return (*told, content)

    return send


def test_an_order_takes_the_short_way(ask, draft):  # noqa: F811
    body = json.dumps(draft).encode()

    placed, again = ask("POST", "/api/v1/orders", body), ask("POST", "/api/v1/orders", body)

    group = OrderGroup.objects.get()
    assert [answer[0] for answer in (placed, again)] == ["201 Created", "200 OK"]
    assert json.loads(placed[2])["number"] == json.loads(again[2])["number"] == group.number
    assert placed[1]["Content-Type"] == "application/json"
    assert placed[1]["Content-Length"] == str(len(placed[2]))
    assert placed[1]["Content-Language"] == group.locale == "en"


def test_a_refusal_takes_it_too(ask):
    status, headers, content = ask("POST", "/api/v1/orders", b"{")

    assert status == "400 Bad Request"
    assert headers["Content-Type"] == "application/problem+json"
    assert json.loads(content)["detail"] == "The body cannot be read: it is not JSON in UTF-8."


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/v1/orders"), ("POST", "/api/v1/quotes"), ("GET", "/")])
def test_everything_else_takes_the_long_way(ask, method, path):
    assert ask(method, path) == (b"the long way",)
