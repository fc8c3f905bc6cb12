"""Where partners push to: kept and answered at once, applied afterwards."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from teahorse.carriers.actions import keep_push
from teahorse.carriers.providers import keys_module

LONGEST_BODY = 256 * 1024


@csrf_exempt
@require_POST
def push(request: HttpRequest, source: str) -> HttpResponse:
    """Keep a push and answer in the partner's own words; what it hears as a refusal it sends again."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > LONGEST_BODY:
        return HttpResponse(status=413)
    kept = keep_push(source=source, headers=request.headers, body=request.body, now=timezone.now())
    return JsonResponse(keys_module(source).answer(request.body, is_accepted=kept.is_accepted))
