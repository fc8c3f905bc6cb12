"""The jobs that actions leave for the worker, stored in the action's own transaction; ``tasks.py`` carries them out."""

from typing import Final
from uuid import UUID

from procrastinate.contrib.django import app

from teahorse.common.events import store_jobs

QUEUE: Final = "trace"
TELL: Final = "teahorse.trace.tell_streams"
SEND: Final = "teahorse.trace.send_delivery"


def leave_telling() -> None:
    """Have subscribers looked after that want to know at once."""
    store_jobs(TELL, [{}], queue=QUEUE)


def leave_sending(*, delivery_id: UUID, subscription_id: UUID) -> None:
    """Have a delivery sent; those of one subscription go out one after the other, in their order."""
    app.configure_task(SEND, queue=QUEUE, lock=f"trace_subscription_{subscription_id}").defer(delivery_id=str(delivery_id))
