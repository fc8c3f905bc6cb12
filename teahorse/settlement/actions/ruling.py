"""Fee rules begin and end; they are never changed."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Malformed, Refusal
from teahorse.settlement.models import FeeRule
from teahorse.settlement.rules import WHOLE_BP, day_of


class RuleInForce(Refusal):
    """A rule neither begins nor ends in the past: sales were frozen by it."""

    code = "fee_rule_in_force"
    sentence = _("Fees change from tomorrow on at the earliest, so that a sale's fees can be told at any time of the day.")


@transaction.atomic
def add_fee_rule(*, rule: FeeRule, now: datetime) -> FeeRule:
    """
    Let a rule hold from its day on; the same rule again, by its key, is written once.

    :raises RuleInForce: if that day has begun; nothing is written.
    :raises Malformed: if it takes nothing, more than the whole, or ends before it begins; the field is named.
    """
    _check(rule)
    known = FeeRule.objects.filter(pk=rule.pk).first()
    if known is not None:
        return known
    if rule.since_date <= day_of(now):
        raise RuleInForce(field="since")
    rule.save(force_insert=True)
    return rule


def _check(rule: FeeRule) -> None:
    is_part = rule.basis in FeeRule.PARTS
    problems = (
        (not rule.name.strip(), "name", _("Say what the seller reads beside the fee.")),
        (rule.kind not in FeeRule.Kind.values, "kind", _("Choose what the fee is for.")),
        (rule.basis not in FeeRule.Basis.values, "basis", _("Choose what the fee is reckoned by.")),
        (rule.beneficiary not in FeeRule.Beneficiary.values, "beneficiary", _("Choose who gets the fee.")),
        (rule.rate <= 0, "rate", _("A fee is more than nothing. To take none, end the rule.")),
        (is_part and rule.rate > WHOLE_BP, "rate", _("A fee is no more than 100 %.")),
        (rule.until_date is not None and rule.until_date < rule.since_date, "until", _("It ends before it begins.")),
    )
    for is_so, name, reason in problems:
        if is_so:
            raise Malformed(field=name, reason=reason)


@transaction.atomic
def end_fee_rule(*, rule: FeeRule, until_date: date, now: datetime) -> FeeRule:
    """
    Let a rule hold until a day, on which it holds no more.

    A rule that is ended on the day on which it would begin never holds.

    :raises RuleInForce: if that day has begun, or the rule ended before; nothing is changed.
    :raises Malformed: if it would end before it begins.
    """
    rule = FeeRule.objects.select_for_update().get(pk=rule.pk)
    if until_date < rule.since_date:
        raise Malformed(field="until", reason=_("It ends before it begins."))
    if until_date <= day_of(now) or (rule.until_date is not None and rule.until_date <= day_of(now)):
        raise RuleInForce(field="until")
    rule.until_date = until_date
    rule.save(update_fields=["until_date"])
    return rule
