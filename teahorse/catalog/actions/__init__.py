"""Every change of the goods, one verb each."""

from teahorse.catalog.actions.drafting import (
    DraftChangedMeanwhile,
    DraftHasFaults,
    DraftIsNotOpen,
    DraftIsNotSubmitted,
    drop_draft,
    faults_of,
    start_draft,
    submit_draft,
    take_back_draft,
    write_draft,
)
from teahorse.catalog.actions.importing import GoodsChangedMeanwhile, NothingImported, dry_run, import_catalogue
from teahorse.catalog.actions.picturing import add_picture, sweep_pictures
from teahorse.catalog.actions.pricing import WindowOver, WindowTaken, end_price, plan_price
from teahorse.catalog.actions.reviewing import (
    DraftChanged,
    ProductIsNotListed,
    ProductWasNotWithdrawn,
    WriterMayNotReview,
    approve_draft,
    relist_product,
    send_back_draft,
    withdraw_product,
)
from teahorse.catalog.actions.searching import follow_prices, write_search_entries, write_sold_counts

__all__ = [
    "DraftChanged",
    "DraftChangedMeanwhile",
    "DraftHasFaults",
    "DraftIsNotOpen",
    "DraftIsNotSubmitted",
    "GoodsChangedMeanwhile",
    "NothingImported",
    "ProductIsNotListed",
    "ProductWasNotWithdrawn",
    "WindowOver",
    "WindowTaken",
    "WriterMayNotReview",
    "add_picture",
    "approve_draft",
    "drop_draft",
    "dry_run",
    "end_price",
    "faults_of",
    "follow_prices",
    "import_catalogue",
    "plan_price",
    "relist_product",
    "send_back_draft",
    "start_draft",
    "submit_draft",
    "sweep_pictures",
    "take_back_draft",
    "withdraw_product",
    "write_draft",
    "write_search_entries",
    "write_sold_counts",
]
