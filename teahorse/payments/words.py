"""What ways of paying are called, in the words of the moment's language."""

from django.utils.translation import gettext as _


def provider_names() -> dict[str, str]:
    """Return the providers that have merchants, each with its name."""
    return {"wechat_pay": _("WeChat Pay"), "alipay": _("Alipay")}


def provider_name(code: str) -> str:
    """Return what a way of paying is called, cash too."""
    return {**provider_names(), "cash": _("Cash")}.get(code, code)
