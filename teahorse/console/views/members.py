"""Who acts for the organisation, and which machines do."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from teahorse.common.refusals import Refusal
from teahorse.console.access import Acting, Context, acts
from teahorse.console.nav import page
from teahorse.console.words import named
from teahorse.people import actions, queries
from teahorse.people.models import ApiToken, Grant, Membership, Person, Right
from teahorse.people.rules import NotAPhone, normal_phone

LONGEST_NAME = 80
MOST_HELD = 200
SECRET = "console.secret"  # noqa: S105 - the name of a place in the session


@acts(Right.MANAGE_MEMBERS, "GET", "POST")
def members(request: HttpRequest, acting: Acting) -> HttpResponse:
    """List the members; let one more act by her phone."""
    if request.method == "POST":
        typed = {name: request.POST.get(name, "").strip() for name in ("phone", "role")}
        fault = _add(request, acting, typed)
        if fault:
            return page(request, acting, "members.html", {**_members(acting), "typed": typed, "fault": fault}, status=422)
        return redirect("console:members", org=acting.organisation.key)
    return page(request, acting, "members.html", {**_members(acting), "typed": {"role": "staff"}})


def _add(request: HttpRequest, acting: Acting, typed: dict[str, str]) -> str:
    try:
        phone = normal_phone(typed["phone"])
    except NotAPhone:
        return _("This is no mobile number. It has 11 digits.")
    person = Person.objects.filter(phone=phone, is_active=True).first()
    if person is None:
        return _("Nobody with this phone has signed in yet. Ask her to sign in once with it, then add her.")
    if typed["role"] not in Membership.Role.values:
        return _("Choose what she may do.")
    try:
        actions.give_membership(person=person, organisation=acting.organisation, role=typed["role"], now=acting.now)
    except Refusal as refusal:
        return str(refusal)
    messages.success(request, _("%(person)s acts for this organisation now.") % {"person": person})
    return ""


@acts(Right.MANAGE_MEMBERS, "POST", back="console:members")
def telephone(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Write down under which number the organisation is called."""
    typed = request.POST.get("telephone", "").strip()[:40]
    try:
        actions.set_telephone(organisation=acting.organisation, telephone=typed)
    except Refusal as refusal:
        context = {**_members(acting), "typed": {"role": "staff"}, "telephone": typed, "telephone_fault": refusal}
        return page(request, acting, "members.html", context, status=refusal.status)
    messages.success(request, _("The telephone number is written down."))
    return redirect("console:members", org=acting.organisation.key)


@acts(Right.MANAGE_MEMBERS, "POST", back="console:members")
def end(request: HttpRequest, acting: Acting, membership_id: UUID) -> HttpResponse:
    """End a membership; nobody ends her own, so that somebody stays."""
    membership = Membership.objects.filter(pk=membership_id, organisation=acting.organisation).select_related("person").first()
    if membership is None:
        raise Http404
    if membership.person_id == acting.person.pk:
        messages.error(request, _("You cannot end your own membership; another manager can."))
    else:
        actions.end_membership(membership=membership, now=acting.now)
        messages.success(request, _("%(person)s does not act for this organisation any more.") % {"person": membership.person})
    return redirect("console:members", org=acting.organisation.key)


@acts(Right.MANAGE_MEMBERS, "POST", back="console:members")
def issue(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Make a key for a machine; its secret travels in the session to the page that shows it once."""
    name = request.POST.get("name", "").strip()
    fault = ""
    if not 1 <= len(name) <= LONGEST_NAME:
        fault = _("Give the key a name, such as the machine that uses it.")
    elif ApiToken.objects.filter(organisation=acting.organisation, name=name, revoked_at=None).exists():
        fault = _("A key of this name opens already. Revoke it first, or choose another name.")
    if fault:
        context = {**_members(acting), "typed": {"role": "staff"}, "token_fault": fault, "token_name": name}
        return page(request, acting, "members.html", context, status=422)
    token, secret = actions.issue_token(organisation=acting.organisation, name=name, now=acting.now)
    request.session[SECRET] = {"org": acting.organisation.key, "name": token.name, "secret": secret}
    return redirect("console:token_shown", org=acting.organisation.key)


@acts(Right.MANAGE_MEMBERS)
def shown(request: HttpRequest, acting: Acting) -> HttpResponse:
    """Show the secret of a new key, once."""
    kept = request.session.pop(SECRET, None)
    if not kept or kept["org"] != acting.organisation.key:
        messages.info(request, _("A key is shown once, when it is made. If it is lost, revoke it and make another."))
        return redirect("console:members", org=acting.organisation.key)
    answer = page(request, acting, "token.html", {"name": kept["name"], "secret": kept["secret"], "site": settings.SITE_URL})
    answer.headers["Cache-Control"] = "no-store"
    return answer


@acts(Right.MANAGE_MEMBERS, "POST", back="console:members")
def revoke(request: HttpRequest, acting: Acting, token_id: UUID) -> HttpResponse:
    """Make a key useless."""
    token = ApiToken.objects.filter(pk=token_id, organisation=acting.organisation).first()
    if token is None:
        raise Http404
    actions.revoke_token(token=token, now=acting.now)
    messages.success(request, _("The key “%(name)s” opens nothing any more.") % {"name": token.name})
    return redirect("console:members", org=acting.organisation.key)


@acts(Right.MANAGE_MEMBERS, "POST", back="console:members")
def end_grant(request: HttpRequest, acting: Acting, grant_id: UUID) -> HttpResponse:
    """Take a right back that was given to another organisation."""
    grant = Grant.objects.filter(pk=grant_id, grantor=acting.organisation).select_related("grantee").first()
    if grant is None:
        raise Http404
    actions.revoke_grant(grant=grant, now=acting.now)
    messages.success(request, _("%(organisation)s does not act for us in this any more.") % {"organisation": named(grant.grantee)})
    return redirect("console:members", org=acting.organisation.key)


def _rights() -> dict[str, str]:
    """Return what each right is, in words."""
    return {
        Right.LIST_GOODS: _("lists goods"),
        Right.SHIP_ORDERS: _("ships orders"),
        Right.APPROVE_LISTINGS: _("approves goods"),
        Right.DESK_ORDERS: _("looks after orders"),
        Right.HANDLE_PARCELS: _("handles parcels"),
        Right.TAKE_CASH: _("takes cash"),
        Right.MANAGE_MEMBERS: _("looks after members"),
    }


def _members(acting: Acting) -> Context:
    now, organisation = acting.now, acting.organisation
    living = Membership.objects.filter(queries.lives(now), organisation=organisation).select_related("person")
    given = Grant.objects.filter(queries.lives(now), grantor=organisation)
    held = Grant.objects.filter(queries.lives(now), grantee=organisation)
    return {
        "telephone": organisation.phone,
        "memberships": list(living.order_by("role", "since_at", "pk")),
        "tokens": list(ApiToken.objects.filter(organisation=organisation).order_by("revoked_at", "-created_at", "pk")),
        "grants": list(given.select_related("grantee").order_by("grantee__name", "since_at", "pk")),
        "held": list(held.select_related("grantor").order_by("grantor__name", "since_at", "pk")[:MOST_HELD]),
        "rights": _rights(),
        "roles": [("staff", _("Staff: works here")), ("manager", _("Manager: works here and looks after members"))],
    }
