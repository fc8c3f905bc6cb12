"""What ways of paying are called, and why money fits nothing, in the words of the moment's language."""

import re

from django.utils.translation import gettext as _

from teahorse.common.money import yuan

ANOTHER_AMOUNT = re.compile(r"another amount: (\d+) fen instead of (\d+)")


def provider_names() -> dict[str, str]:
    """Return the providers that have merchants, each with its name."""
    return {"wechat_pay": _("WeChat Pay"), "alipay": _("Alipay")}


def provider_name(code: str) -> str:
    """Return what a way of paying is called, cash too."""
    return {**provider_names(), "cash": _("Cash")}.get(code, code)


def problem_in_words(problem: str) -> str:
    """Return why a provider's money fits nothing, as ``actions.recording`` noted it, in words; what it does not know stays as it is."""
    if amounts := ANOTHER_AMOUNT.fullmatch(problem):
        came, due = (yuan(int(fen)) for fen in amounts.groups())
        return _("Another amount: ¥%(came)s instead of ¥%(due)s") % {"came": came, "due": due}
    kind, _colon, rest = problem.partition(": ")
    names = {
        "unknown payment": _("No payment of ours has this number"),
        "unknown refund": _("No refund of ours has this number"),
        "another collector": _("Another account has collected it"),
        "other parts": _("Its parts are not those that were asked for"),
    }
    name = names.get(kind)
    if name is None:
        return problem
    return f"{name} ({_('The house') if rest == 'the house' else rest})" if kind == "another collector" else name
