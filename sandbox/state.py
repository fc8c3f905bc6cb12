"""What the sandbox remembers between two starts: one SQLite file, used by one process."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
create table if not exists payments (
    pr text primary key, prepay_id text not null unique, is_combined integer not null, trade_type text not null,
    appid text not null, mchid text not null, number text not null, content text not null, notify_url text not null,
    openid text not null, created_at real not null, expires_at real not null, trade_state text not null,
    transaction_id text, paid_at real, with_certificate integer not null, late_at real,
    is_late_after_close integer not null default 0, knobs text not null default '{}',
    unique (mchid, is_combined, number));
create table if not exists orders (
    id integer primary key, pr text not null references payments, mchid text not null, out_trade_no text not null,
    description text not null, attach text not null, total_fen integer not null check (total_fen > 0),
    transaction_id text unique, sub_mchid text not null default '', is_frozen integer not null default 0,
    unique (mchid, out_trade_no));
create table if not exists refunds (
    refund_id text primary key, order_id integer not null references orders, mchid text not null,
    out_refund_no text not null, content text not null, refund_fen integer not null check (refund_fen > 0),
    notify_url text not null, status text not null, outcome text not null, created_at real not null,
    settles_at real, settled_at real, unique (mchid, out_refund_no));
create table if not exists receivers (
    sub_mchid text not null, account text not null, name text not null, relation text not null, unique (sub_mchid, account));
create table if not exists sharings (
    id integer primary key, order_id integer not null references orders, out_order_no text not null unique,
    sharing_id text not null unique, content text not null, is_unfreezing integer not null, created_at real not null,
    settles_at real not null, settled_at real);
create table if not exists shares (
    id integer primary key, sharing_id integer not null references sharings, account text not null,
    amount_fen integer not null check (amount_fen > 0), description text not null, result text not null, detail_id text not null);
create table if not exists share_returns (
    return_id text primary key, share_id integer not null references shares, out_return_no text not null unique,
    content text not null, amount_fen integer not null check (amount_fen > 0), description text not null, result text not null,
    outcome text not null, created_at real not null, settles_at real not null, settled_at real);
create table if not exists bill_files (
    token text primary key, content blob not null, made_at real not null);
create table if not exists notifications (
    id text primary key, pr text not null, notify_url text not null, event_type text not null, kind text not null,
    resource text not null, with_certificate integer not null, created_at real not null, state text not null,
    sent integer not null default 0, next_at real not null, knobs text not null);
create table if not exists oauth_codes (
    code text primary key, openid text not null, made_at real not null, used_at real);
create table if not exists alipay_trades (
    id text primary key, app_id text not null, out_trade_no text not null, trade_no text not null unique, product text not null,
    subject text not null, total_fen integer not null check (total_fen > 0), notify_url text not null, return_url text not null,
    created_at real not null, expires_at real not null, status text not null, paid_at real, closed_at real, late_at real,
    is_late_after_close integer not null default 0, knobs text not null default '{}', unique (app_id, out_trade_no));
create table if not exists alipay_refunds (
    id integer primary key, trade text not null references alipay_trades, out_request_no text not null,
    refund_fen integer not null check (refund_fen > 0), reason text not null, status text not null, created_at real not null,
    settles_at real, settled_at real, unique (trade, out_request_no));
create table if not exists alipay_notifications (
    id text primary key, trade text not null, notify_url text not null, fields text not null, state text not null,
    sent integer not null default 0, next_at real not null, knobs text not null);
create table if not exists nonces (
    owner text not null, nonce text not null, seen_at real not null, unique (owner, nonce));
create table if not exists messages (
    id integer primary key, phone text not null, text text not null, code text not null, sent_at real not null);
create table if not exists log (
    id integer primary key, at real not null, kind text not null, title text not null, status text not null,
    detail text not null);
"""

LATER_COLUMNS = (
    ("orders", "sub_mchid", "text not null default ''"),
    ("orders", "is_frozen", "integer not null default 0"),
)
"""What a file lacks that an older sandbox made."""

LOG_ROWS_KEPT = 500


class State:
    """A thin hand on SQLite: rows in, rows out, one explicit transaction."""

    def __init__(self, path: str) -> None:
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._connection.execute("pragma foreign_keys = on")
        self._connection.executescript(SCHEMA)
        for table, column, kind in LATER_COLUMNS:
            if column not in {row["name"] for row in self.all(f"pragma table_info({table})")}:
                self._connection.execute(f"alter table {table} add column {column} {kind}")

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    def one(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """The first row, or None."""
        row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def the(self, sql: str, *values: Any) -> sqlite3.Row:
        """The row that must be there. :raises LookupError: if it is not."""
        row = self.one(sql, *values)
        if row is None:
            raise LookupError(sql)
        return row

    def all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Every row."""
        return self._connection.execute(sql, values).fetchall()

    def run(self, sql: str, *values: Any) -> int:
        """Change rows; how many were changed."""
        return self._connection.execute(sql, values).rowcount

    def number(self, sql: str, *values: Any) -> int:
        """One whole number, 0 for null."""
        row = self.one(sql, *values)
        return int(row[0] or 0) if row else 0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; must not be held over an `await`."""
        self._connection.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def is_fresh_nonce(self, *, owner: str, nonce: str, now: float) -> bool:
        """Remember a nonce for twenty minutes; False if its owner has used it before."""
        self.run("delete from nonces where seen_at < ?", now - 1200)
        try:
            self.run("insert into nonces values (?, ?, ?)", owner, nonce, now)
        except sqlite3.IntegrityError:
            return False
        return True

    def log(self, kind: str, title: str, status: str | int, detail: Any = "") -> None:
        """Write a line for the log page; the oldest lines fall out."""
        text = detail if isinstance(detail, str) else json.dumps(detail, ensure_ascii=False, indent=1)
        self.run(
            "insert into log (at, kind, title, status, detail) values (?, ?, ?, ?, ?)",
            time.time(), kind, title, str(status), text[:40_000],
        )  # fmt: skip
        self.run("delete from log where id <= (select max(id) from log) - ?", LOG_ROWS_KEPT)
