"""The long search by PyVRP: iterated local search, begun with the best plan known."""

import warnings
from collections.abc import Callable
from importlib.metadata import version

import pyvrp
from pyvrp import IteratedLocalSearchParams, SolveParams
from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks
from pyvrp.search import NeighbourhoodParams

from teahorse.runs.planning.inserting import Ways
from teahorse.runs.planning.sheet import Sheet
from teahorse.runs.planning.to_pyvrp import forced, solution_of, told, ways_in

HISTORY, NEIGHBOURS = 30, 20
"""
How many steps back late acceptance looks, and how many near tasks each is tried beside. PyVRP's own 300 and 50 are for hours:
in the same seconds on a processor a county's day came out 14 % cheaper by these.
"""


def version_of_pyvrp() -> str:
    """Return the version of the package."""
    return version("pyvrp")


class _Telling(IteratedLocalSearchCallbacks):
    def __init__(self, tell: Callable[[pyvrp.Solution], None]) -> None:
        self.tell = tell

    def on_best(self, best: pyvrp.Solution) -> None:
        self.tell(best)


def searched(
    sheet: Sheet,
    ways: Ways,
    *,
    seed: int,
    stop: Callable[[], bool],
    on_best: Callable[[Ways], None],
    leave_nothing: bool = False,
) -> tuple[Ways, bool]:
    """
    Search on from ways until told to stop; return the best and whether it holds by PyVRP's own account.

    :param on_best: is told whatever is better than all before and feasible.
    :param leave_nothing: begin with all forced in, in time or not, and stop as soon as it holds.
    """
    day = told(sheet, all_required=leave_nothing)
    begun = solution_of(sheet, day, ways)
    if leave_nothing:
        begun = forced(day, begun)
    found = [begun.is_feasible() and begun.is_complete()]

    def tell(best: pyvrp.Solution) -> None:
        if best.is_feasible() and best.is_complete():
            found[0] = True
            on_best(ways_in(sheet, day, best))

    params = SolveParams(
        ils=IteratedLocalSearchParams(history_length=HISTORY, callbacks=_Telling(tell)),
        neighbourhood=NeighbourhoodParams(num_neighbours=NEIGHBOURS),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = pyvrp.solve(
            day.data,
            lambda _cost: stop() or (leave_nothing and found[0]),
            seed=seed,
            collect_stats=False,
            params=params,
            initial_solution=begun,
        )
    return ways_in(sheet, day, result.best), result.best.is_feasible()
