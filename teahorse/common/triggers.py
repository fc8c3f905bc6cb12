"""
Triggers ask before each row whether somebody has them ignored (``pgtrigger.ignore``).

The function that pgtrigger installs for that opens a subtransaction and runs two queries each time: 9 microseconds of the
processor where one expression takes 2, for every row that a trigger sees. It comes with each trigger that a migration
writes, so ours takes its place after them.
"""

from typing import Any

from django.db import connections

IGNORING = """
    create or replace function public._pgtrigger_should_ignore(trigger_name name) returns boolean language sql stable as $$
        select coalesce(trigger_name = any(nullif(current_setting('pgtrigger.ignore', true), '')::text[]), false)
    $$
"""


def ask_quickly(*, using: str, **_: Any) -> None:
    """Let triggers ask by one expression; the answer is the same."""
    with connections[using].cursor() as cursor:
        cursor.execute(IGNORING)
