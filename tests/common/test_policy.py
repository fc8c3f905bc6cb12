"""What a page may load is said with every answer, and a page may still have a policy of its own."""

import pytest
from csp.constants import NONCE
from csp.decorators import csp_exempt, csp_update
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpResponse

from teahorse.common.middleware import LoadsOwnOnly


def plain(_request):
    return HttpResponse("x")


def with_nonce(request):
    return HttpResponse(str(request.csp_nonce))


def with_own_header(_request):
    return HttpResponse("x", headers={"Content-Security-Policy": "default-src 'none'"})


def parts(answer):
    return sorted(part.strip() for part in answer.get("Content-Security-Policy", "").split(";"))


VIEWS = [plain, with_own_header, csp_exempt()(plain), csp_update({"img-src": ["https://pictures.example"]})(plain)]


@pytest.mark.parametrize("view", VIEWS)
def test_a_page_is_told_what_django_csp_would_tell_it(rf, view):
    assert parts(LoadsOwnOnly(view)(rf.get("/"))) == parts(CSPMiddleware(view)(rf.get("/")))


def test_most_pages_load_only_their_own(rf):
    assert {"default-src 'self'", "object-src 'none'", "base-uri 'none'"} <= set(parts(LoadsOwnOnly(plain)(rf.get("/"))))


def test_a_nonce_stands_in_the_policy(rf):
    answer = LoadsOwnOnly(csp_update({"script-src": [NONCE]})(with_nonce))(rf.get("/"))

    assert f"'nonce-{answer.content.decode()}'" in answer["Content-Security-Policy"]


def test_a_policy_that_is_only_reported_is_said_as_well(rf, settings):
    settings.CONTENT_SECURITY_POLICY_REPORT_ONLY = {"DIRECTIVES": {"default-src": ["'none'"]}}

    assert LoadsOwnOnly(plain)(rf.get("/"))["Content-Security-Policy-Report-Only"] == "default-src 'none'"


def test_every_answer_of_the_house_passes_it():
    assert "teahorse.common.middleware.LoadsOwnOnly" in settings.MIDDLEWARE
