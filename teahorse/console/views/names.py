"""The names of people that a seller's story speaks of by tokens; whoever asks for it has hers erased."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.common.refusals import NotThere
from teahorse.console.access import Acting, acts
from teahorse.console.nav import page
from teahorse.people.models import Organisation, Right
from teahorse.trace import actions
from teahorse.trace.queries.redaction import named_by

PER_PAGE = 50


@acts(Right.TRACE, kinds=Organisation.SELLERS)
def names(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List them, found by a part of the name."""
    words = request.GET.get("q", "").strip()[:80]
    shown = Paginator(named_by(acting.organisation, words=words), PER_PAGE).get_page(request.GET.get("page"))
    return page(request, acting, "names.html", {"names": shown, "words": words})


@acts(Right.TRACE, "POST", kinds=Organisation.SELLERS, back="console:names")
def erase(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Erase one name for ever."""
    try:
        found = named_by(acting.organisation).filter(pk=UUID(request.POST.get("detail", ""))).first()
    except ValueError:
        found = None
    if found is None:
        raise NotThere
    actions.erase(tokens=[found.token], owner=acting.organisation, by=acting.person, now=acting.now)
    messages.success(request, _("Erased. The story stays true; whose name it was nobody can read any more."))
    return redirect("console:names", org=acting.organisation.key)
