"""Web and database are killed under a load of orders: every acknowledged order is there, none twice, and the stock adds up."""

import json
import socket
import threading
import time
from uuid import uuid4

import psycopg

from checks.running import house

CLIENTS, ROUNDS = 12, 2


class Buyer(threading.Thread):
    """Orders one after another; a wish without an answer is sent again with the same key after the restart."""

    def __init__(self, sealed, ports, end):
        super().__init__(daemon=True)
        self.sealed, self.ports, self.end = sealed, ports, end
        self.acknowledged, self.unanswered = {}, []

    def run(self):
        n = 0
        while not self.end.is_set():
            key = self.unanswered.pop() if self.unanswered else str(uuid4())
            n += 1
            try:
                status, answer = ask(self.ports[0], key, self.sealed[n % len(self.sealed)] if key not in self.asked else self.asked[key])
            except (OSError, ValueError):
                self.unanswered.append(key)
                time.sleep(0.05)
                continue
            if status in {200, 201}:
                self.acknowledged[key] = answer["number"]
            elif status >= 500:
                self.unanswered.append(key)

    asked: dict = {}


def ask(port, key, sealed):
    Buyer.asked[key] = sealed
    body = json.dumps(
        {"key": key, "quote": sealed, "contact": {"name": "演示买家", "phone": "+8619900001001"}, "address_line": "漕溪北路 1 号"}
    ).encode()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(
            b"POST /api/v1/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )
        answer = b""
        while piece := line.recv(65536):
            answer += piece
    head, mark, rest = answer.partition(b"\r\n\r\n")
    if not mark:
        raise ValueError("no answer")
    return int(head.split()[1]), json.loads(rest)


def test_a_power_cut_under_load_loses_and_doubles_nothing(tmp_path):
    with house() as made:
        made.run("tests.journeys.fill_shop", str(tmp_path / "sealed.json"))
        sealed = json.loads((tmp_path / "sealed.json").read_text())
        ports, end = [0], threading.Event()
        buyers = [Buyer(sealed, ports, end) for _ in range(CLIENTS)]
        for round_number in range(ROUNDS):
            with made.web(workers=2) as web:
                ports[0] = web.port
                if round_number == 0:
                    for buyer in buyers:
                        buyer.start()
                time.sleep(2.5)
                web.kill()
                made.server.kill()
            made.server.start()
        with made.web(workers=1) as web:
            ports[0] = web.port
            time.sleep(3)
            end.set()
            for buyer in buyers:
                buyer.join(timeout=30)
        acknowledged = {key: number for buyer in buyers for key, number in buyer.acknowledged.items()}
        with psycopg.connect(made.server.url()) as connection:
            kept = dict(connection.execute("select idempotency_key::text, number from orders_ordergroup").fetchall())
            doubled = connection.execute("select count(*) - count(distinct idempotency_key) from orders_ordergroup").fetchone()[0]
            sums = connection.execute(
                "select (select sum(reserved) from stock_stocklevel), (select sum(quantity) from stock_reservation where state = 'held'),"
                " (select sum(quantity) from orders_orderline),"
                " (select sum(on_hand) from stock_stocklevel), (select sum(delta) from stock_stockmovement)"
            ).fetchone()
            jobs = connection.execute(
                "select jsonb_array_elements_text(args->'event'->'group_ids') from procrastinate_jobs"
                " where args->>'reaction' like '%notice_placed'"
            ).fetchall()
            groups = {str(key) for (key,) in connection.execute("select id from orders_ordergroup").fetchall()}

    assert len(acknowledged) > 100
    assert {key: kept.get(key) for key in acknowledged} == acknowledged
    assert doubled == 0
    reserved, held, ordered, on_hand, moved = sums
    assert reserved == held == ordered
    assert on_hand == moved
    assert {group for (group,) in jobs} == groups
