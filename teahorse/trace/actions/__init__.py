"""
Every change of the story: what is told is kept (:mod:`.capturing`), and stands in the log (:mod:`.publishing`).

Who asks again and again gives the question a name and subscribes to it (:mod:`.subscribing`); he is told (:mod:`.telling`).
"""

from teahorse.trace.actions.capturing import capture
from teahorse.trace.actions.publishing import publish
from teahorse.trace.actions.subscribing import forget_query, name_query, subscribe, unsubscribe
from teahorse.trace.actions.telling import send_delivery, sweep_deliveries, tell, tell_due, tell_streams

__all__ = [
    "capture",
    "forget_query",
    "name_query",
    "publish",
    "send_delivery",
    "subscribe",
    "sweep_deliveries",
    "tell",
    "tell_due",
    "tell_streams",
    "unsubscribe",
]
