"""Where providers call back."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from teahorse.payments.actions import keep_notification
from teahorse.payments.models import Notification

LONGEST_BODY = 64 * 1024


@csrf_exempt
@require_POST
def wechat_pay_notify(request: HttpRequest) -> HttpResponse:
    """Keep a notification and answer at once: 204 when it is WeChat's, 401 when it is not, so that WeChat tries again."""
    if _is_too_long(request):
        return JsonResponse({"code": "FAIL", "message": "the body is too long"}, status=413)
    kept = keep_notification(provider="wechat_pay", headers=request.headers, body=request.body, now=timezone.now())
    if kept.verdict == Notification.Verdict.REFUSED:
        return JsonResponse({"code": "FAIL", "message": kept.reason}, status=401)
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def alipay_notify(request: HttpRequest) -> HttpResponse:
    """Keep a notification and answer at once: ``success``, the one word that ends Alipay's tries, when it is Alipay's."""
    if _is_too_long(request):
        return HttpResponse("failure", status=413, content_type="text/plain")
    kept = keep_notification(provider="alipay", headers=request.headers, body=request.body, now=timezone.now())
    if kept.verdict == Notification.Verdict.REFUSED:
        return HttpResponse("failure", status=401, content_type="text/plain")
    return HttpResponse("success", content_type="text/plain")


def _is_too_long(request: HttpRequest) -> bool:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return not length.isdigit() or int(length) > LONGEST_BODY
