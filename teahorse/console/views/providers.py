"""Payment providers of a region: whether they answer, and who collects there with which keys. A typed key is never shown again."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from teahorse.common.refusals import Refusal
from teahorse.console.access import Acting, Context, acts
from teahorse.console.key_form import key_rows, seller_typed, values_typed
from teahorse.console.nav import page
from teahorse.payments import actions, queries
from teahorse.payments.models import MerchantAccount, MerchantAccountChange
from teahorse.payments.providers.keys import key_form
from teahorse.payments.words import provider_names
from teahorse.people import queries as people
from teahorse.people.models import Organisation, Person, Right

REGION = (Organisation.Kind.REGION_CENTRE,)
KEPT_AT = ("wechat_pay", "alipay")


@acts(Right.SETTLE, kinds=REGION)
def providers(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show which providers do not answer, and every account of the house and of the region's sellers."""
    names = provider_names()
    context = {
        "providers": [{"code": code, "name": names[code], "rest": _rest(code)} for code in KEPT_AT],
        "accounts": [_shown(account) for account in _accounts(acting)],
    }
    return page(request, acting, "providers.html", context)


@sensitive_post_parameters()
@acts(Right.SETTLE, "GET", "POST", kinds=REGION)
def new(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Keep an account: the house's, a seller's with her own keys, or a sub-merchant's by its number."""
    provider = request.GET.get("provider", "")
    if provider not in KEPT_AT:
        raise Http404(provider)
    if request.method == "GET":
        return page(request, acting, "account_new.html", _form(provider, {}))
    try:
        actions.keep_account(
            provider=provider,
            organisation=seller_typed(request, acting),
            values=values_typed(request, key_form(provider).FIELDS),
            number=request.POST.get("account_number", ""),
            by_id=acting.person.pk,
            now=acting.now,
        )
    except Refusal as refusal:
        return page(request, acting, "account_new.html", _form(provider, request.POST, refusal), status=refusal.status)
    messages.success(request, _("The account is kept. Its keys are sealed."))
    return redirect("console:providers", org=acting.organisation.key)


@sensitive_post_parameters()
@acts(Right.SETTLE, "GET", "POST", kinds=REGION)
def account(request: HttpRequest, acting: Acting, account_id: UUID) -> HttpResponse:
    """Show an account with what happened to it; put new keys in the place of its old ones."""
    found = _account(acting, account_id)
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            values = values_typed(request, key_form(found.provider).FIELDS)
            actions.replace_keys(account_id=found.pk, values=values, by_id=acting.person.pk, now=acting.now)
        except Refusal as error:
            refusal = error
        else:
            messages.success(request, _("The keys are replaced. Every process uses the new ones within two seconds."))
            return redirect("console:account", org=acting.organisation.key, account_id=found.pk)
    typed = request.POST if refusal else {key_form(found.provider).FIELDS[0].name: found.number}
    context = {**_form(found.provider, typed, refusal), "one": _shown(found)}
    return page(request, acting, "account.html", context, status=refusal.status if refusal else 200)


@acts(Right.SETTLE, "POST", back="console:providers", kinds=REGION)
def end(request: HttpRequest, acting: Acting, account_id: UUID) -> HttpResponse:
    """Take no new payments by an account."""
    found = _account(acting, account_id)
    actions.end_account(account_id=found.pk, by_id=acting.person.pk, now=acting.now)
    messages.success(request, _("The account has ended. What was paid to it can still be refunded."))
    return redirect("console:providers", org=acting.organisation.key)


def _accounts(acting: Acting) -> QuerySet[MerchantAccount]:
    """Return the accounts of the house and of the organisations over which she has the right."""
    hers = people.organisations_where(person=acting.person, right=Right.SETTLE, now=acting.now)
    changes = MerchantAccountChange.objects.order_by("-at", "-pk")
    found = MerchantAccount.objects.filter(Q(organisation=None) | Q(organisation__in=hers)).select_related("organisation")
    found = found.defer("sealed_keys").prefetch_related(Prefetch("changes", changes))
    return found.order_by("provider", "-is_active", "organisation__key", "pk")


def _account(acting: Acting, account_id: UUID) -> MerchantAccount:
    found = _accounts(acting).filter(pk=account_id).first()
    if found is None:
        raise Http404
    return found


def _shown(account: MerchantAccount) -> dict[str, Any]:
    """Return an account with its fingerprints as they were last written down; nothing is unsealed for it."""
    changes = list(account.changes.all())
    labels = {one.name: one.label for one in key_form(account.provider).FIELDS}
    last = next((change for change in changes if change.what != MerchantAccountChange.What.ENDED), None)
    prints = last.fingerprints if last else {}
    who = Person.objects.in_bulk({change.by_id for change in changes})
    return {
        "account": account,
        "provider": provider_names()[account.provider],
        "prints": [(labels.get(name, name), told) for name, told in prints.items()],
        "changes": [{"change": change, "who": who.get(change.by_id)} for change in changes],
    }


def _rest(code: str) -> Any:
    return queries.provider_rests().filter(provider=code).first()


def _form(provider: str, typed: Any, refusal: Refusal | None = None) -> Context:
    return {
        **key_rows(key_form(provider).FIELDS, typed, refusal),
        "provider": provider,
        "provider_name": provider_names()[provider],
        "typed": {"organisation": typed.get("organisation", ""), "account_number": typed.get("account_number", "")},
    }
