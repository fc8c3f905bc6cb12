"""Fee rules begin and end; they are never changed."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Refusal
from teahorse.settlement.models import FeeRule
from teahorse.settlement.rules import day_of


class RuleInForce(Refusal):
    """A rule neither begins nor ends in the past: sales were frozen by it."""

    code = "fee_rule_in_force"
    sentence = _("Fees change from tomorrow on at the earliest, so that a sale's fees can be told at any time of the day.")


@transaction.atomic
def add_fee_rule(*, rule: FeeRule, now: datetime) -> FeeRule:
    """
    Let a rule hold from its day on.

    :raises RuleInForce: if that day has begun; nothing is written.
    """
    if rule.since_date <= day_of(now):
        raise RuleInForce(field="since_date")
    rule.save(force_insert=True)
    return rule


@transaction.atomic
def end_fee_rule(*, rule: FeeRule, until_date: date, now: datetime) -> FeeRule:
    """
    Let a rule hold until a day, on which it holds no more.

    :raises RuleInForce: if that day has begun, or the rule ended before; nothing is changed.
    """
    rule = FeeRule.objects.select_for_update().get(pk=rule.pk)
    if until_date <= day_of(now) or (rule.until_date is not None and rule.until_date <= day_of(now)):
        raise RuleInForce(field="until_date")
    rule.until_date = until_date
    rule.save(update_fields=["until_date"])
    return rule
