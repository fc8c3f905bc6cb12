"""The jobs that actions leave for the worker, stored in the action's own transaction; ``tasks.py`` carries them out."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from procrastinate.contrib.django import app

from teahorse.common.statements import asked

QUEUE = "payments"
APPLY = "teahorse.payments.apply_notifications"
POLL = "teahorse.payments.poll_payments"
SEND = "teahorse.payments.send_refunds"
SHARE = "teahorse.payments.send_sharings"


BEFORE_REACTIONS = 10
"""The priority of what buyers wait for: in a rush the reactions to the money that came are many, and one finds all of it."""

LEAVE_ONE = """
    select procrastinate_defer_jobs_v1(
               array[row(%(queue)s, %(task)s, %(priority)s::int, null, null, '{}'::jsonb, null)::procrastinate_job_to_defer_v1]
           )
     where not exists (
               select 1
                 from procrastinate_jobs
                where status = 'todo' and priority = %(priority)s::int and task_name = %(task)s and scheduled_at is null
           )
"""


def leave_applying() -> None:
    """
    Have the inbox applied: by the job that waits already, if one does.

    Outside a transaction, where what was kept is there for any job that begins from now on; a job for each message would
    cost more than the message. Should this process die before, the clock applies the inbox.
    """
    if connection.in_atomic_block:
        app.configure_task(APPLY, queue=QUEUE, priority=BEFORE_REACTIONS).defer()
    else:
        asked(LEAVE_ONE, {"queue": QUEUE, "task": APPLY, "priority": BEFORE_REACTIONS})


def leave_polling(payment_ids: Iterable[UUID]) -> None:
    """Have these payments asked for, or closed at their provider."""
    app.configure_task(POLL, queue=QUEUE).defer(payment_ids=[str(key) for key in payment_ids])


def leave_sending(refund_ids: Iterable[UUID]) -> None:
    """Have these refunds sent."""
    app.configure_task(SEND, queue=QUEUE).defer(refund_ids=[str(key) for key in refund_ids])


def leave_sharing(sharing_ids: Iterable[UUID]) -> None:
    """Have these sharings sent."""
    app.configure_task(SHARE, queue=QUEUE).defer(sharing_ids=[str(key) for key in sharing_ids])
