"""What the worker does for people: carrying log-in codes to the message partner."""

import logging
import time

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from teahorse.people import sms

logger = logging.getLogger(__name__)


@app.task(name=sms.JOB, queue=sms.QUEUE, retry=RetryStrategy(max_attempts=4, wait=5))
def send_code(phone: str, code: str, locale: str, minutes: int, holds_until: int) -> None:
    """Send a log-in code unless it is too old by now (``holds_until``, Unix seconds); try again when the partner is not there."""
    if time.time() >= holds_until:
        logger.warning("a log-in code was not sent: it had run out before the worker came to it")
        return
    sms.send_code(phone=phone, code=code, locale=locale, minutes=minutes)
