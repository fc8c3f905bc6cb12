"""What was paid out to sellers of the demo region, by two persons each, and claimed of budgets; by the real actions, each at its time."""

import csv
import io
from datetime import datetime, timedelta

from teahorse.common.money import decimal
from teahorse.common.times import HOME
from teahorse.demo.keys import key_of
from teahorse.demo.reading import Row, read
from teahorse.demo.routes import staff_of
from teahorse.people.models import Organisation, Person
from teahorse.settlement import actions as settlement
from teahorse.settlement.actions.bank import COLUMNS
from teahorse.settlement.models import Payout

TOLD_BEFORE = timedelta(days=35)


def load_payouts(*, now: datetime) -> None:
    """Have earnings mature day by day, pay out and claim what the content says; the orders are booked."""
    content = read("payouts.toml")
    for row in content["account"]:
        seller = Organisation.objects.get(key=row["seller"])
        told = {name: row[name] for name in ("holder", "bank", "number")}
        settlement.tell_account(seller=seller, **told, by=staff_of(seller), now=now - TOLD_BEFORE)
    for row in sorted(content["payout"], key=lambda row: -int(row["prepared_hours_ago"])):
        _pay_out(row, now)
    settlement.mature_earnings(now=now)
    for row in content["claim"]:
        _claim(row, now)


def _claim(row: Row, now: datetime) -> None:
    payer, house, by = (*(Organisation.objects.get(key=row[name]) for name in ("payer", "house")), _person(row["by"]))
    at = now - timedelta(hours=row["hours_ago"])
    until_date = at.astimezone(HOME).date() - timedelta(days=1)
    made = settlement.claim_subsidies(payer=payer, house=house, until_date=until_date, by=by, now=at)
    if "received_hours_ago" in row:
        came_at = now - timedelta(hours=row["received_hours_ago"])
        paid = {"amount_fen": made.amount_fen, "reference": row["reference"], "day": came_at.astimezone(HOME).date()}
        settlement.receive_claim(claim_id=made.pk, **paid, by=by, now=came_at)


def _pay_out(row: Row, now: datetime) -> None:
    prepared_at = now - timedelta(hours=row["prepared_hours_ago"])
    settlement.mature_earnings(now=prepared_at)
    seller = Organisation.objects.get(key=row["seller"])
    [payout] = settlement.prepare_payouts(seller_ids=[seller.pk], by=_person(row["prepared_by"]), now=prepared_at)
    for act in row.get("acts", []):
        _act(payout, act, now - timedelta(hours=act["hours_ago"]))


def _act(payout: Payout, act: Row, at: datetime) -> None:
    by = _person(act["by"])
    match act["act"]:
        case "approve":
            settlement.approve_payout(payout=payout, by=by, now=at)
        case "send":
            settlement.make_bank_file(payouts=[payout], by=by, now=at)
        case "give":
            settlement.pay_out_in_cash(payout=payout, given_by=by, received_by=act["received_by"], now=at)
        case result:
            settlement.import_bank_answer(content=_answer(payout, result, act.get("words", ""), at), by=by, now=at)


def _answer(payout: Payout, result: str, reason: str, at: datetime) -> str:
    """Return the file in which the bank answers about a payout, as of the day before it is taken in."""
    day = (at - timedelta(days=1)).astimezone(HOME).date()
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerow([payout.number, decimal(payout.amount_fen), result, f"BANK-{payout.number[-12:]}", day.isoformat(), reason])
    return out.getvalue()


def _person(key: str) -> Person:
    return Person.objects.get(pk=key_of("person", key))
