"""Answering with a page, and with the house's refusals."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from teahorse.common.refusals import Refusal
from teahorse.mall import cookies

View = Callable[..., HttpResponse]


def page(request: HttpRequest, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """Show a page of the mall; the frame's count of the cart comes from the browser."""
    return render(request, f"mall/{template}.html", {"cart_count": cookies.count_kept(request) or "", **context}, status=status)


def personal(view: View) -> View:
    """Mark what a view answers as one person's alone: no browser and no proxy keeps it."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return answer


def refusals_told(view: View) -> View:
    """Answer a refusal that the view did not place at a field: what is not there is 404, the rest is told on a page."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Refusal as refusal:
            if refusal.status == 404:
                raise Http404(str(refusal)) from refusal
            return page(request, "refused", {"refusal": refusal}, status=refusal.status)

    return answer
