"""Where partners push to: kept and answered at once, applied afterwards."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from teahorse.carriers.actions import keep_push

LONGEST_BODY = 256 * 1024


@csrf_exempt
@require_POST
def push(request: HttpRequest, source: str) -> HttpResponse:
    """Keep a push and answer in the partner's own words; what it hears as a refusal it sends again."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > LONGEST_BODY:
        return HttpResponse(status=413)
    kept = keep_push(source=source, headers=request.headers, body=request.body, now=timezone.now())
    if source == "sf":
        return JsonResponse({"return_code": "0000" if kept.is_accepted else "1000", "return_msg": "成功" if kept.is_accepted else "失败"})
    said = {
        "result": kept.is_accepted,
        "returnCode": "200" if kept.is_accepted else "500",
        "message": "成功" if kept.is_accepted else "失败",
    }
    return JsonResponse(said)
