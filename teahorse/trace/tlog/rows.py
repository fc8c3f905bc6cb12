"""
What the keeper of a log has in his database at this moment, held against what was signed.

Beside the files of a log stands ``rows/<N>``: what would be logged now of the places under bundle N, in the form of such a bundle
(ours, no part of C2SP tlog-tiles). Who changed the database, and not the program too, is found by anybody over HTTP; a program that lies is
found by who holds a page's card against the log (:mod:`teahorse.trace.cards`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from teahorse.trace.tlog.over_http import LogAddress
from teahorse.trace.tlog.tiles import MOST_BUNDLE_BYTES, WIDTH, TileMissing, unpacked

OTHER = "the rows say something else now, or contradict each other"


@dataclass(slots=True)
class Rows:
    """The rows behind a log; one bundle is held at a time, as entries are looked at in their order."""

    log: LogAddress
    is_shown: bool = True
    """Whether the address shows any; a copy of the files has none."""
    _index: int = -1
    _said: Sequence[bytes] = field(default_factory=list)

    def check(self, index: int, entry: bytes) -> str | None:
        """
        Say what is wrong with an entry, in words; None where the rows say the same.

        :raises Unreachable, TileMalformed: as :meth:`.LogAddress.fetch` does.
        """
        bundle, at = divmod(index, WIDTH)
        if self.is_shown and bundle != self._index:
            self._index, self._said = bundle, self._ask(bundle)
        return OTHER if self.is_shown and self._said[at : at + 1] != [entry] else None

    def _ask(self, bundle: int) -> Sequence[bytes]:
        path = f"rows/{bundle}"
        try:
            return unpacked(self.log.fetch(path, longest=MOST_BUNDLE_BYTES), path)
        except TileMissing:
            self.is_shown = bundle > 0  # the first bundle is there wherever any is
            return []
