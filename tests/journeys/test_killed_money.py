"""
The worker, a person's request or PostgreSQL is killed while money moves: after the restart every fen went once, and the books say so.

Each is killed at the bad moments: when the provider has a refund and its answer is not here yet, and in the middle of what writes: a
sale being booked, a case being decided, a payout being prepared, approved, or answered by the bank. Nothing goes by luck: the sandbox
holds its answer, and a lock holds whoever writes.
"""

import json
from pathlib import Path

import pytest

from checks.running import house
from tests.payments.conftest import running_sandbox, wait_until  # noqa: F401 - a fixture

from .killing import ForkingHouse, ask, at_the_provider, differences, kill, killed_while_acting, nobody_writes_into

HELD_SECONDS = 60
BOOKS = "ledger_journalentry"
JOBS = "procrastinate_jobs"
DOING = "select count(*) from procrastinate_jobs where status = 'doing' and args->>'reaction' like %s"
BOOKED = "select kind, count(*) from ledger_journalentry where source_id = any(%s) group by kind order by kind"
NUMBERS = "select our_number from payments_refund where id = any(%s) or reference = any(%s)"
REFUNDS = "select state, count(*) from payments_refund where id = any(%s) group by state"
REFUNDS_OF = "select id from payments_refund where reference = any(%s)"
SALES = "select count(*), count(closed_at) from settlement_sale where order_id = any(%s)"
CASES = """
    select c.state, c.agreed_fen, l.buyer_fen, s.amount_fen, (select count(*) from payments_refund where reference = c.id)
      from aftersales_aftersalecase c
      join aftersales_caseline l on l.case_id = c.id
      join aftersales_caseshare s on s.case_line_id = l.id
     where c.id = any(%s) order by c.id
"""
PAYOUTS = "select state, count(*) from settlement_payout where id = any(%s) group by state"
PAYOUTS_OF = "select id from settlement_payout where seller_id = any(%s)"
CLAIMED = "select count(payout_id), count(*) from settlement_maturity where seller_id = any(%s)"
HAPPENED = (
    "select kind, count(*), count(distinct payout_id) from settlement_payoutevent where payout_id = any(%s) group by kind order by kind"
)
VICTIMS = pytest.mark.parametrize("victim", ["process", "database"])


@pytest.fixture(scope="module")
def made(running_sandbox, tmp_path_factory):  # noqa: F811 - the fixture
    """A house that collects through the sandbox."""
    with house() as standing:
        Path(standing.environment["TEAHORSE_DATA"], "sandbox-keys").symlink_to(running_sandbox.keys)
        standing.environment |= {"TEAHORSE_STALLED_SECONDS": "5", "TEAHORSE_SANDBOX_URL": running_sandbox.address}
        running_sandbox.control(reset=True, notify={"drop": True})  # nobody listens here: the house asks
        forking = ForkingHouse(standing, tmp_path_factory.mktemp("said"))
        yield forking
        forking.close()
        running_sandbox.control(reset=True)


@pytest.fixture
def file(tmp_path):
    """Where it stands what is owed."""
    return str(tmp_path / "owed.json")


def owed(made, what, file):
    made.run("tests.journeys.owe_money", what, file)
    return json.loads(Path(file).read_text())


@VICTIMS
def test_refunds_in_the_middle_of_which_something_is_killed_go_back_once(made, running_sandbox, file, victim):  # noqa: F811
    refunds = owed(made, "refunds", file)["refunds"]
    numbers = [number for (number,) in ask(made, NUMBERS, refunds, [])]

    # the provider has them; its answers are on their way
    running_sandbox.control(api=[{"answer": "lost", "path": "/v3/refund", "count": len(refunds), "seconds": HELD_SECONDS}])
    with made.worker() as worker:
        wait_until(lambda: len(at_the_provider(running_sandbox, numbers)) == len(refunds))
        kill(made, victim, worker)
    unheard = ask(made, REFUNDS, refunds)

    # it is asked again and says that they arrived; that is being booked
    with made.worker() as worker, nobody_writes_into(made, BOOKS) as wait_for:
        wait_until(lambda: ask(made, DOING, "%book_arrived_refunds") != [(0,)])
        wait_for()
        kill(made, victim, worker)
    unbooked = dict(ask(made, BOOKED, refunds))

    with made.worker():
        wait_until(lambda: dict(ask(made, BOOKED, refunds)).get("refund arrived") == len(refunds), 60)
    assert unheard == [("requested", len(refunds))]
    assert unbooked.get("refund arrived", 0) < len(refunds)
    assert ask(made, BOOKED, refunds) == [("refund arrived", len(refunds)), ("refund decided", len(refunds))]
    assert ask(made, REFUNDS, refunds) == [("succeeded", len(refunds))]
    assert at_the_provider(running_sandbox, numbers) == [(1234, "SUCCESS")] * len(refunds)
    assert differences(made) == []


@VICTIMS
def test_sales_in_the_middle_of_whose_booking_something_is_killed_are_booked_once(made, file, victim):
    sold = owed(made, "sales", file)
    orders, facts = sold["orders"], sold["orders"] + sold["parts"]

    with made.worker() as worker, nobody_writes_into(made, BOOKS) as wait_for:
        wait_for()
        kill(made, victim, worker)
    unbooked = ask(made, SALES, orders), ask(made, BOOKED, facts)
    with made.worker():
        wait_until(lambda: dict(ask(made, BOOKED, facts)).get("order closed") == len(orders), 60)

    assert unbooked == ([(0, 0)], [])
    assert ask(made, SALES, orders) == [(len(orders), len(orders))]
    assert ask(made, BOOKED, facts) == [("order closed", len(orders)), ("payment taken", len(orders))]
    assert differences(made) == []


@VICTIMS
def test_cases_in_the_middle_of_whose_decision_something_is_killed_are_decided_once(made, running_sandbox, file, victim):  # noqa: F811
    by_act = owed(made, "cases", file)
    acts, cases = list(by_act), list(by_act.values())
    before = ask(made, CASES, cases)

    # the shares are divided and the refund is written; what is to send it is not
    killed_while_acting(made, victim, file, *acts, before=JOBS)
    killed = ask(made, CASES, cases)
    made.run("tests.journeys.act", file, *acts, *acts)
    again = ask(made, CASES, cases)
    with made.worker():
        wait_until(lambda: {state for state, *_ in ask(made, CASES, cases)} == {"done"}, 60)
        refunds = [key for (key,) in ask(made, REFUNDS_OF, cases)]
        wait_until(lambda: dict(ask(made, BOOKED, refunds)).get("refund arrived") == len(cases), 60)

    assert sorted(before) == [("escalated", None, 0, 0, 0), ("seller_review", None, 0, 0, 0), ("seller_review", None, 0, 0, 0)]
    assert killed == before
    assert again == [("refunding", 1234, 1234, 65, 1)] * len(cases)
    assert ask(made, BOOKED, refunds) == [("refund arrived", len(cases)), ("refund decided", len(cases))]
    numbers = [number for (number,) in ask(made, NUMBERS, refunds, [])]
    assert at_the_provider(running_sandbox, numbers) == [(1234, "SUCCESS")] * len(cases)
    assert differences(made) == []


@VICTIMS
def test_payouts_in_the_middle_of_whose_preparing_or_approval_something_is_killed_are_approved_once(made, file, victim):
    sellers = owed(made, "earnings", file)["sellers"]
    count = len(sellers)

    # the payouts are written, their earnings not claimed yet
    killed_while_acting(made, victim, file, "prepare", before="settlement_payoutevent")
    unclaimed = ask(made, PAYOUTS_OF, sellers), ask(made, CLAIMED, sellers)
    made.run("tests.journeys.act", file, "prepare", "prepare")
    payouts = [key for (key,) in ask(made, PAYOUTS_OF, sellers)]
    killed_while_acting(made, victim, file, "approve", before=BOOKS)
    unapproved = ask(made, PAYOUTS, payouts), ask(made, BOOKED, payouts), ask(made, HAPPENED, payouts)
    made.run("tests.journeys.act", file, "approve", "approve")

    assert unclaimed == ([], [(0, count)])
    assert unapproved == ([("draft", count)], [], [("draft", count, count)])
    assert ask(made, CLAIMED, sellers) == [(count, count)]
    assert ask(made, PAYOUTS, payouts) == [("approved", count)]
    assert ask(made, BOOKED, payouts) == [("payout approved", count)]
    assert ask(made, HAPPENED, payouts) == [("approved", count, count), ("draft", count, count)]
    assert differences(made) == []


@VICTIMS
def test_payouts_in_the_middle_of_whose_booking_something_is_killed_are_paid_once(made, file, victim):
    payouts = owed(made, "payouts", file)["payouts"]
    count = len(payouts)

    killed_while_acting(made, victim, file, "import_answer", before=BOOKS)
    unpaid = ask(made, PAYOUTS, payouts), ask(made, HAPPENED, payouts)
    made.run("tests.journeys.act", file, "import_answer", "import_answer")

    assert unpaid == ([("sent", count)], [("approved", count, count), ("draft", count, count), ("sent", count, count)])
    assert ask(made, PAYOUTS, payouts) == [("paid", count)]
    assert ("paid", count, count) in ask(made, HAPPENED, payouts)
    assert ask(made, BOOKED, payouts) == [("payout approved", count), ("payout paid", count)]
    assert differences(made) == []
