"""A catalogue in a table: looked through first, then handed in whole. Between the two the file is kept under its digest."""

import hashlib
import io
from pathlib import Path

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from teahorse.catalog import actions, queries
from teahorse.catalog.tables import COLUMNS, LARGEST_FILE, CatalogueIsUnreadable, template_xlsx
from teahorse.common.refusals import Refusal
from teahorse.console import kept_tables
from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.people.models import Organisation, Right

SELLERS = Organisation.SELLERS
SESSION_KEY = "console.import"


@acts(Right.LIST_GOODS, "GET", "POST", kinds=SELLERS)
def upload(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Take a table in, say what is wrong with it by row and column, and keep it for the confirmation."""
    if request.method == "POST":
        return _look_through(request, acting)
    return _page(request, acting, {})


def _page(request: HttpRequest, acting: Acting, context: Context, *, status: int = 200) -> HttpResponse:
    return page(request, acting, "import.html", {"categories": queries.categories(), **context}, status=status)


def _look_through(request: HttpRequest, acting: Acting) -> HttpResponse:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        return _page(request, acting, {"fault": _("Choose a file first.")}, status=422)
    content = file.read(LARGEST_FILE + 1)
    name = Path(file.name or "goods.csv").name[:120]
    try:
        report = actions.dry_run(seller=acting.organisation, file=io.BytesIO(content), name=name)
    except CatalogueIsUnreadable as refusal:
        return _page(request, acting, {"fault": str(refusal), "name": name}, status=422)
    digest = ""
    if report.is_fine and report.new + report.changed:
        digest = hashlib.sha256(content).hexdigest()
        kept_tables.keep(acting, digest, content)
        request.session[SESSION_KEY] = {"digest": digest, "name": name, "org": acting.organisation.key}
    headings = {column.name: column.chinese for column in COLUMNS}
    faults = [(fault, headings.get(fault.column, fault.column)) for fault in report.faults]
    context = {"report": report, "faults": faults, "name": name, "digest": digest}
    return _page(request, acting, context, status=200 if report.is_fine else 422)


@acts(Right.LIST_GOODS, "POST", back="console:import", kinds=SELLERS)
def confirm(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Hand in the table that was looked through: all of it or nothing, and once however often the button is pressed."""
    kept = request.session.get(SESSION_KEY) or {}
    digest = str(kept.get("digest", ""))
    is_same = bool(digest) and digest == request.POST.get("digest") and kept.get("org") == acting.organisation.key
    content = kept_tables.take(acting, digest) if is_same else None
    if content is None:
        messages.info(
            request,
            _("This table was handed in before, or it is not kept any more. Look at your goods, then send it again if it is missing."),
        )
        return redirect("console:import", org=acting.organisation.key)
    try:
        drafts = actions.import_catalogue(
            seller=acting.organisation, file=io.BytesIO(content), name=str(kept["name"]), by=acting.person, now=acting.now
        )
    except Refusal:
        kept_tables.keep(acting, digest, content)
        raise
    request.session.pop(SESSION_KEY, None)
    told = ngettext("%(count)d product was handed to the centre.", "%(count)d products were handed to the centre.", len(drafts))
    messages.success(request, told % {"count": len(drafts)})
    return redirect("console:goods", org=acting.organisation.key)


@acts(Right.LIST_GOODS, kinds=SELLERS)
def template(request: HttpRequest, acting: Acting) -> HttpResponse:  # noqa: ARG001 - a view
    """Answer with a workbook to fill in, with the columns of one category or of all."""
    wish = request.GET.get("category", "")
    categories = [one for one in queries.categories() if wish in {"", one.slug}]
    if not categories and wish:
        raise Http404
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return HttpResponse(
        template_xlsx(categories), content_type=kind, headers={"Content-Disposition": 'attachment; filename="teahorse-goods.xlsx"'}
    )
