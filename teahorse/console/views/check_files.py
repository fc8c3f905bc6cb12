"""Check files of partners, by which WeChat and Alipay know that the addresses on labels are ours: for the region's staff."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from teahorse.common.refusals import Malformed
from teahorse.console.access import Acting, acts
from teahorse.console.nav import page
from teahorse.people.models import Organisation, Right
from teahorse.trace.actions import proving_addresses
from teahorse.trace.models import CheckFile


@acts(Right.TRACE, "GET", "POST", kinds=(Organisation.Kind.REGION_CENTRE,))
def check_files(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List what is served; the form adds a file, as it was given or typed."""
    typed, refusal = {"name": "", "content": ""}, None
    if request.method == "POST":
        typed = _typed(request)
        try:
            proving_addresses.keep_check_file(**typed, by=acting.person, now=timezone.now())
        except Malformed as error:
            refusal = error
        else:
            messages.success(request, _("It is served from now on."))
            return redirect("console:check_files", org=acting.organisation.key)
    files = list(CheckFile.objects.order_by("name"))
    errors = {refusal.field: refusal} if refusal else {}
    return page(request, acting, "check_files.html", {"files": files, "typed": typed, "errors": errors}, status=422 if refusal else 200)


def _typed(request: HttpRequest) -> dict[str, str]:
    """Return a name and a content, of the file that was sent, or as they were typed."""
    file = request.FILES.get("file")
    if file is None or not file.name:
        return {"name": request.POST.get("name", "").strip()[:100], "content": request.POST.get("content", "")[:200]}
    return {"name": file.name[:100], "content": file.read(200).decode("ascii", errors="replace")}


@acts(Right.TRACE, "POST", kinds=(Organisation.Kind.REGION_CENTRE,), back="console:check_files")
def drop(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Serve one no more."""
    proving_addresses.drop_check_file(name=request.POST.get("name", "")[:100])
    messages.success(request, _("It is served no more."))
    return redirect("console:check_files", org=acting.organisation.key)
