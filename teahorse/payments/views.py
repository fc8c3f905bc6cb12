"""Where providers call back; most of what comes is answered before, by :mod:`teahorse.payments.short_way`."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from teahorse.payments.notify import LONGEST_BODY, Told, answer, told


@csrf_exempt
@require_POST
def wechat_pay_notify(request: HttpRequest) -> HttpResponse:
    """Keep a notification and answer at once: 204 when it is WeChat's, 401 when it is not, so that WeChat tries again."""
    return _answered(request, "wechat_pay")


@csrf_exempt
@require_POST
def alipay_notify(request: HttpRequest) -> HttpResponse:
    """Keep a notification and answer at once: ``success``, the one word that ends Alipay's tries, when it is Alipay's."""
    return _answered(request, "alipay")


def _answered(request: HttpRequest, provider: str) -> HttpResponse:
    if _is_too_long(request):
        return _response(told(provider, 413, "the body is too long"))
    return _response(answer(provider=provider, headers=request.headers, body=request.body, now=timezone.now()))


def _response(said: Told) -> HttpResponse:
    return HttpResponse(said.body, status=said.status, content_type=said.content_type or None)


def _is_too_long(request: HttpRequest) -> bool:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return not length.isdigit() or int(length) > LONGEST_BODY
