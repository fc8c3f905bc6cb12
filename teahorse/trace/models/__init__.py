"""
The tables of the story.

Events are the truth and never change (:mod:`.events`). Beside them stands what gives names to what they speak of (:mod:`.goods`), how they
are told (:mod:`.flows`), what vouches for it (:mod:`.certificates`), what is stuck on the goods (:mod:`.labels`), what others say of it
(:mod:`.hearsay`, :mod:`.hearing`), what is taken back (:mod:`.recalls`), what proves to others that the addresses on labels are ours
(:mod:`.check_files`), who asks for events again and again (:mod:`.asking`), and neighbours who look on each other's logs
(:mod:`.witnessing`).
"""

from teahorse.trace.models.asking import (
    Delivery,
    MasterData,
    NamedQuery,
    Subscription,
)
from teahorse.trace.models.certificates import (
    Certificate,
)
from teahorse.trace.models.check_files import (
    CheckFile,
)
from teahorse.trace.models.events import (
    CaptureJob,
    EventThing,
    Leaf,
    Retelling,
    Thing,
    TraceEvent,
)
from teahorse.trace.models.flows import (
    Attachment,
    Flow,
    Telling,
)
from teahorse.trace.models.goods import (
    Alias,
    Lot,
    LotMovement,
    LotStock,
    PackedLot,
    Site,
    TradeItem,
)
from teahorse.trace.models.hearsay import (
    Hearsay,
)
from teahorse.trace.models.labels import (
    LabelCode,
    LabelPrint,
    LabelScan,
    LabelSheet,
    Report,
    Suspicion,
)
from teahorse.trace.models.recalls import (
    Recall,
    RecalledLot,
    RecalledParcel,
    RecallNote,
)
from teahorse.trace.models.redaction import (
    PersonalDetail,
)
from teahorse.trace.models.witnessing import (
    Witness,
    WitnessedLog,
)

__all__ = [
    "Alias",
    "Attachment",
    "CaptureJob",
    "Certificate",
    "CheckFile",
    "Delivery",
    "EventThing",
    "Flow",
    "Hearsay",
    "LabelCode",
    "LabelPrint",
    "LabelScan",
    "LabelSheet",
    "Leaf",
    "Lot",
    "LotMovement",
    "LotStock",
    "MasterData",
    "NamedQuery",
    "PackedLot",
    "PersonalDetail",
    "Recall",
    "RecallNote",
    "RecalledLot",
    "RecalledParcel",
    "Report",
    "Retelling",
    "Site",
    "Subscription",
    "Suspicion",
    "Telling",
    "Thing",
    "TraceEvent",
    "TradeItem",
    "Witness",
    "WitnessedLog",
]
