"""Every change of the story: what is told is kept (:mod:`.capturing`), and stands in the log (:mod:`.publishing`)."""

from teahorse.trace.actions.capturing import capture
from teahorse.trace.actions.publishing import publish

__all__ = ["capture", "publish"]
