"""
``ledger_posting``, ``settle_day`` and ``reconcile_day``: the books of a busy day.

A day's facts (orders paid and closed, every fiftieth refunded in part) are written straight into the tables below, as
they would stand after it; what is measured is all that the books do with them: fees frozen, sales and closings booked,
earnings matured, payouts prepared.
"""

import os
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from bench.processes import cpu_seconds
from checks.running import House, open_django

ORDERS = int(os.environ.get("BOOKS_ORDERS", "200000"))
SELLERS = 300
ENTRIES, BATCH = 40_000, 2000
DAY = datetime(2026, 8, 15, 1, 0, tzinfo=UTC)
SETTLING = ("book", "mature", "prepare")
AIM_POSTINGS, AIM_SETTLE, AIM_RECONCILE = 10_000, 60.0, 60.0

A_DAY = """
    set session_replication_role = replica;
    -- keys are as the house makes them (RFC 9562, section 5.7): those of one moment stand side by side in an index
    create function pg_temp.key_of(at timestamptz) returns uuid language sql volatile as $$
        select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(gen_random_uuid()::text, 16, 3)
                || substr(replace(gen_random_uuid()::text, '-', ''), 17))::uuid
    $$;
    create temporary table day as
        select n, pg_temp.key_of(at) as order_id, pg_temp.key_of(at) as group_id, pg_temp.key_of(at) as payment_id,
               pg_temp.key_of(at) as split_id, at, seller.id as seller_id, seller.county_id,
               (1000 + (n * 7919) %% 50000)::bigint as goods, 1200::bigint as freight
          from (select n, %(day)s::timestamptz + n * interval '200 milliseconds' as at
                  from generate_series(1, %(orders)s) as n) as moment
          join (select id, county_id, row_number() over (order by id) as place from people_organisation where kind = 'cooperative') seller
            on seller.place = 1 + n %% %(sellers)s;
    insert into orders_ordergroup (id, number, idempotency_key, request_digest, contact_name, contact_phone, destination_code,
        destination_names, destination_line, goods_fen, freight_fen, total_fen, origin, locale, quote_version, note, placed_at, expires_at)
    select group_id, 'B' || n, pg_temp.key_of(at), '', '演示', '+8619900001001', '310104', '上海市', '', goods, freight, goods + freight,
           'mall', 'zh-hans', '1', '', at, at + interval '15 minutes' from day;
    insert into orders_sellerorder (id, county_id, group_id, number, seller_id, state, goods_fen, freight_fen, freight_cost_fen,
        total_fen, fees_fen, weight_grams, promised_from_date, promised_to_date, placed_at, paid_at, paid_by_id, packed_at, ended_at,
        end_reason)
    select order_id, county_id, group_id, 'B' || n || '-1', seller_id, 'closed', goods, freight, freight, goods + freight, 0, 900,
           at::date, at::date, at, at + interval '1 minute', payment_id, at, at + interval '2 hours', 'received' from day;
    insert into payments_payment (id, reference, attempt, provider, method, our_number, provider_number, amount_fen, subject, state, asked,
        prompt, is_open_at_provider, trouble, created_at, expires_at, settled_at)
    select payment_id, group_id, 1, 'wechat_pay', 'native', replace(payment_id::text, '-', ''), 'W' || n, goods + freight, '',
           'succeeded', '{}', '{}', false, '', at, at + interval '15 minutes', at + interval '1 minute' from day;
    insert into payments_paymentsplit (id, payment_id, payee_id, reference, amount_fen)
    select split_id, payment_id, seller_id, order_id, goods + freight from day;
    insert into payments_paymentevent (id, payment_id, kind, provider_number, amount_fen, occurred_at, recorded_at, source)
    select pg_temp.key_of(at), payment_id, 'succeeded', 'W' || n, goods + freight, at + interval '1 minute', at + interval '1 minute',
           'notification' from day;
    insert into payments_refund (id, payment_id, split_id, reference, our_number, provider_number, amount_fen, reason, state, trouble,
        is_number_spent, requested_at, due_at, tries, settled_at)
    select pg_temp.key_of(at + interval '3 hours'), payment_id, split_id, gen_random_uuid(),
           'R' || n, 'WR' || n, goods / 2, '七天无理由', 'succeeded', '',
           false, at + interval '3 hours', at, 1, at + interval '4 hours' from day where n %% 50 = 0;
    insert into payments_paymentevent (id, payment_id, kind, provider_number, amount_fen, occurred_at, recorded_at, source)
    select pg_temp.key_of(settled_at), payment_id, 'refunded', provider_number, amount_fen, settled_at, settled_at, 'notification'
      from payments_refund;
    set session_replication_role = origin;
    analyze
"""


def posting(made: House) -> dict[str, Any]:
    """Post balanced entries of three lines in batches of 2,000; beside as many rows written to a bare table with the same indexes."""
    open_django(made)
    from django.db import connection
    from django.utils import timezone

    from teahorse.common.ids import new_id
    from teahorse.ledger import actions, queries
    from teahorse.ledger.rules import Account, Entry, Line

    now = timezone.now()
    box = Account("at_provider:bench")
    sellers, fees = [Account("held", new_id()) for _ in range(SELLERS)], Account("fees:bench")

    def entry(index: int) -> Entry:
        fen = 1000 + index % 5000
        return Entry("bench", new_id(), now, (Line(box, fen), Line(sellers[index % SELLERS], 7 - fen), Line(fees, -7)))

    entries = [entry(index) for index in range(ENTRIES)]
    started = time.perf_counter()
    for start in range(0, ENTRIES, BATCH):
        actions.post(entries=entries[start : start + BATCH], now=now)
    value = 3 * ENTRIES / (time.perf_counter() - started)
    with connection.cursor() as cursor:
        cursor.execute("create table bench_posting (like ledger_posting including indexes)")
        cursor.execute("select entry_id from ledger_posting limit 1")
        started = time.perf_counter()
        for start in range(0, 3 * ENTRIES, 3 * BATCH):
            cursor.execute(
                "insert into bench_posting (entry_id, position, account_id, amount_fen, occurred_at)"
                " select entry_id, position, account_id, amount_fen, occurred_at from ledger_posting order by entry_id, position"
                " limit %s offset %s",
                [3 * BATCH, start],
            )
        limit = 3 * ENTRIES / (time.perf_counter() - started)
    return {
        "value": value,
        "unit": "postings/s",
        "limit": limit,
        "limit_is": "the same rows copied into a bare table with the same indexes",
        "ratio": value / limit,
        "aim": AIM_POSTINGS,
        "wrong_balances": queries.balances_that_do_not_add_up().count() + abs(sum(queries.trial_balance().values())),
    }


def day(made: House) -> dict[str, dict[str, Any]]:
    """Settle a day of orders, then compare it with everything that says something about its money."""
    open_django(made)
    from django.db import connection

    from teahorse.ledger.models import Posting
    from teahorse.orders.models import SellerOrder
    from teahorse.people.models import Person
    from teahorse.settlement import actions
    from teahorse.settlement.comparing import differences
    from teahorse.settlement.models import FeeRule, Payout

    _people(FeeRule)
    with connection.cursor() as cursor:
        for statement in A_DAY.split(";\n"):
            cursor.execute(
                statement, {"day": DAY, "orders": ORDERS, "sellers": SELLERS} if "%(" in statement or "%%" in statement else None
            )
    took: dict[str, float] = {}
    used: dict[str, tuple[float, float]] = {}
    now = DAY + timedelta(hours=20)
    orders: list[UUID] = list(SellerOrder.objects.order_by("pk").values_list("pk", flat=True))

    def processors() -> tuple[float, float]:
        return time.process_time(), cpu_seconds(made.server.process.pid) if made.server.process else 0.0

    def timed(name: str, work: Any) -> Any:
        started, (python, postgres) = time.perf_counter(), processors()
        answer = work()
        took[name] = time.perf_counter() - started
        # on a busy machine only the time on a processor says something; the server's is all of it, checkpoints and vacuum too
        used[name] = tuple(1000 * (now - before) / ORDERS for now, before in zip(processors(), (python, postgres), strict=True))
        return answer

    later = now + timedelta(days=9)
    clerk = Person.objects.create(phone="+8619900001011")
    sellers = list({order.seller_id for order in SellerOrder.objects.only("seller_id")[: 50 * SELLERS]})
    timed("book", lambda: actions.book_sales(order_ids=orders, now=now))
    timed("mature", lambda: actions.mature_earnings(now=later))
    timed("prepare", lambda: actions.prepare_payouts(seller_ids=sellers, by=clerk, now=later))
    whole = sum(took.values())
    postings = Posting.objects.count()
    one_day = timed("reconcile", lambda: differences(now=later, day=date(2026, 8, 15)))
    everything = timed("reconcile_all", lambda: differences(now=later))
    return {
        "settle_day": {
            "value": whole,
            "unit": "s",
            "aim": AIM_SETTLE,
            "orders": ORDERS,
            "postings": postings,
            "book_s": took["book"],
            "mature_s": took["mature"],
            "prepare_s": took["prepare"],
            "python_ms_per_order": sum(used[step][0] for step in SETTLING),
            "postgres_ms_per_order": sum(used[step][1] for step in SETTLING),
            **{f"{step}_cpu_ms": [round(ms, 3) for ms in used[step]] for step in SETTLING},
            "payouts": Payout.objects.count(),
        },
        "reconcile_day": {
            "value": took["reconcile"],
            "unit": "s",
            "aim": AIM_RECONCILE,
            "differences": len(one_day) + len(everything),
            "everything_s": took["reconcile_all"],
        },
    }


def _people(rule: Any) -> None:
    """Make sellers, a centre and three fees."""
    from teahorse.people.models import Organisation
    from teahorse.places.models import Area, area_id

    for code, level in (("54", "region"), ("5405", "prefecture"), ("540524", "county")):
        Area.objects.create(id=area_id(code), code=code, level=level, name=code)
    county = Area.objects.get(code="540524")
    place = {"area": county, "county_id": county.pk}
    Organisation.objects.create(key="centre", kind="county_centre", name="centre", **place)
    Organisation.objects.bulk_create([Organisation(key=f"coop-{n}", kind="cooperative", name=f"{n}", **place) for n in range(SELLERS)])
    fees = (("commission", "goods", 300, "centre"), ("payment", "paid", 60, "provider"), ("packing", "order", 50, "centre"))
    for kind, basis, rate, to in fees:
        rule.objects.create(kind=kind, basis=basis, rate=rate, beneficiary=to, since_date=date(2026, 1, 1), name=kind)
