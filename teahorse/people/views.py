"""Logging in and out."""

from typing import Any

from allauth.account.internal.flows.logout import logout
from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from teahorse.common.context import CART_COUNT
from teahorse.common.refusals import Refusal
from teahorse.people import queries, rules
from teahorse.people.forms import CodeForm, PasswordForm, PhoneForm
from teahorse.people.log_in import CodeIsDead, PhoneCode, open_session, person_by_password, safe_next

MALFORMED = 422


@never_cache
@require_http_methods(["GET", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """Ask for the phone and send a code to it."""
    next_url = safe_next(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(next_url or settings.LOGIN_REDIRECT_URL)
    if request.method == "GET":
        return _page(request, "log_in", PhoneForm(), next_url)
    form = PhoneForm(request.POST)
    if not form.is_valid():
        return _page(request, "log_in", form, next_url, status=MALFORMED)
    try:
        PhoneCode.start(request, phone=form.cleaned_data["phone"], next_url=next_url)
    except Refusal as refusal:
        form.add_error("phone", str(refusal))
        return _page(request, "log_in", form, next_url, status=refusal.status)
    return HttpResponseRedirect(reverse("people:code"))


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code; the right one logs in."""
    try:
        process = PhoneCode.resume(request)
        if "again" in request.POST:
            return _send_again(request, process)
        form = CodeForm(request.POST if request.method == "POST" else None)
        status = 200 if request.method == "GET" else MALFORMED
        if form.is_valid():
            process.check(form.cleaned_data["code"])
            return process.finish(now=timezone.now())
    except CodeIsDead as refusal:
        messages.error(request, str(refusal))
        next_url = safe_next(request)
        return HttpResponseRedirect(reverse("people:log_in", query={"next": next_url} if next_url else None))
    except Refusal as refusal:
        form.add_error("code", str(refusal))
        status = refusal.status
    return _page(request, "code", form, process.next_url, status=status, phone=rules.masked_phone(process.phone))


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Log staff in by phone and password."""
    next_url = safe_next(request)
    if request.user.is_authenticated:
        return HttpResponseRedirect(next_url or settings.LOGIN_REDIRECT_URL)
    form = PasswordForm(request.POST if request.method == "POST" else None)
    status = 200 if request.method == "GET" else MALFORMED
    if form.is_valid():
        try:
            person = person_by_password(request, phone=form.cleaned_data["phone"], password=form.cleaned_data["password"])
            return open_session(request, person=person, method="password", next_url=next_url)
        except Refusal as refusal:
            form.add_error("password", str(refusal))
            status = refusal.status
    return _page(request, "password", form, next_url, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
def log_out(request: HttpRequest) -> HttpResponse:
    """Ask once, then end this session."""
    if request.method == "GET" and request.user.is_authenticated:
        return render(request, "people/log_out.html")
    response = HttpResponseRedirect(settings.LOGOUT_REDIRECT_URL or "/")
    if request.user.is_authenticated:  # a guest's cart stays hers
        response.delete_cookie(CART_COUNT, samesite="Lax")
    logout(request, show_message=False)
    return response


def _page(request: HttpRequest, name: str, form: forms.Form, next_url: str, *, status: int = 200, **shown: str) -> HttpResponse:
    page: dict[str, Any] = {"form": form, "next": next_url, "tab": name, **shown}
    if settings.DEMO and name == "log_in":
        page["demo_log_ins"] = queries.demo_log_ins()
    return render(request, f"people/{name}.html", page, status=status)


def _send_again(request: HttpRequest, process: PhoneCode) -> HttpResponse:
    try:
        process.send()
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("A new code is on its way. The one before does not hold any more."))
    return HttpResponseRedirect(reverse("people:code"))
