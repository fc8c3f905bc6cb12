"""Where the money goes of a seller, or of who gets fees. An account's number is shown by its last digits only."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from teahorse.common.refusals import Refusal
from teahorse.console.access import Acting, acts
from teahorse.console.nav import page
from teahorse.people.models import Organisation, Person, Right
from teahorse.settlement import actions, queries

FIELDS = ("holder", "bank", "number")


@sensitive_post_parameters()
@acts(Right.MANAGE_MEMBERS, "GET", "POST", kinds=(*Organisation.SELLERS, *Organisation.GETTING_FEES))
def payout_account(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show and change the bank account; only managers do, and who told which stays to be read."""
    told = queries.payout_accounts_of(acting.organisation.pk)
    typed = {"holder": acting.organisation.name, "bank": told[0].bank if told else "", "number": ""}
    errors: dict[str, str] = {}
    if request.method == "POST":
        typed = {name: request.POST.get(name, "").strip()[:200] for name in FIELDS}
        try:
            actions.tell_account(seller=acting.organisation, by=acting.person, now=acting.now, **typed)
        except Refusal as refusal:
            errors[refusal.field or "number"] = str(refusal)
        else:
            messages.success(request, _("Written down. Payouts that are prepared from now on go there."))
            return redirect("console:payout_account", org=acting.organisation.key)
    names = dict(Person.objects.filter(pk__in=[account.told_by_id for account in told]).values_list("pk", "name"))
    context = {
        "typed": typed,
        "errors": errors,
        "present": next((account for account in told if account.until_at is None), None),
        "told": [(account, names.get(account.told_by_id, "")) for account in told],
    }
    return page(request, acting, "payout_account.html", context, status=422 if errors else 200)
