"""
Our own search: put each task where it costs least, take some out again, put them elsewhere.

It is always there, needs nothing but Python, and its first answer comes well within a second for a county's day. The solvers
begin with what it finds, and what they leave over it tries once more, with the breaks and the lateness that they cannot see.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from teahorse.runs.planning.costs import fen_of
from teahorse.runs.planning.ground import CLOSED
from teahorse.runs.planning.sheet import NEVER, RELOAD, Load, Sheet
from teahorse.runs.planning.timing import Times, further, home, loads_along, placed_at, times_along

Ways = list[list[int]]
"""A way for each vehicle, in the day's order."""
Offer = tuple[int, int, list[int]]
"""What putting a task somewhere adds in thousandths of a fen, the vehicle's number, its new way."""


@dataclass(slots=True)
class Open:
    """A way with its times and loads, ready to take more."""

    number: int
    way: list[int]
    times: list[Times]
    loads: list[Load]


def opened(sheet: Sheet, number: int, way: list[int]) -> Open | None:
    """Return a way ready to take more; None where it cannot be driven as it is."""
    van = sheet.vans[number]
    loads = loads_along(sheet, number, way)
    if loads is None:
        return None
    times = times_along(sheet, van, way)
    last = placed_at(sheet, way[-1]) if way else van.start
    return Open(number, way, times, loads) if home(van, times[-1], last) < NEVER else None


def best_offer(sheet: Sheet, one: Open, task: int, *, below: int = NEVER) -> Offer | None:
    """Return the cheapest place for a task in a way, where it costs less than a limit; None where there is none."""
    if not sheet.may_take[one.number][task]:
        return None
    van = sheet.vans[one.number]
    setting_out = 0 if one.way or van.is_out else van.fixed_fen * 1000
    if setting_out >= below:
        return None
    nodes = sheet.nodes[task]
    found = (_pair if len(nodes) > 1 else _single)(sheet, one, task, below - setting_out)
    if len(nodes) == 1 and one.way and one.way.count(RELOAD) + 1 < van.most_trips:
        again = _another_trip(sheet, one, nodes[0], below - setting_out if found is None else found[0])
        found = again or found
    return None if found is None else (found[0] + setting_out, one.number, found[1])


def _single(sheet: Sheet, one: Open, task: int, below: int) -> tuple[int, list[int]] | None:
    van, way, node = sheet.vans[one.number], one.way, sheet.nodes[task][0]
    place, worth = sheet.place[node], sheet.vans[one.number].worth
    fits = _fitting(sheet, one, task)
    best: tuple[int, int] | None = None
    start = van.start
    for position in range(len(way) + 1):
        end = placed_at(sheet, way[position]) if position < len(way) else van.end
        if fits[position] and van.seconds[start][place] != CLOSED and van.seconds[place][end] != CLOSED:
            adds = worth[start][place] + worth[place][end] - (worth[start][end] if way or van.is_out else 0)
            if adds < below and _keeps_time(sheet, one, further(sheet, van, one.times[position], start, node), place, position):
                below, best = adds, (adds, position)
        start = end
    return None if best is None else (best[0], [*way[: best[1]], node, *way[best[1] :]])


def _keeps_time(sheet: Sheet, one: Open, times: Times, place: int, position: int) -> bool:
    """Whether the rest of a way can follow at other times: it can as soon as they are no worse than before."""
    van, old = sheet.vans[one.number], one.times
    for number in range(position, len(one.way)):
        if times[0] >= NEVER and times[1] >= NEVER:
            return False
        node = one.way[number]
        times = further(sheet, van, times, place, node)
        if times[0] <= old[number + 1][0] and times[1] <= old[number + 1][1]:
            return True
        place = placed_at(sheet, node)
    return home(van, times, place) < NEVER


def _fitting(sheet: Sheet, one: Open, task: int) -> list[bool]:
    """Return, for each position of a way, whether a single visit's goods find room there."""
    way, loads, count = one.way, one.loads, len(one.way) + 1
    if sheet.is_aboard[task]:
        return [True] * count
    room, load = sheet.vans[one.number].room, sheet.load[task]
    has_room = [all(had + more <= most for had, more, most in zip(loads[at], load, room, strict=True)) for at in range(count)]
    fits = [False] * count
    if sheet.from_centre[task]:
        still = sheet.vans[one.number].start == sheet.centre
        for at in range(count):
            still = has_room[at] if at and way[at - 1] == RELOAD else still and has_room[at]
            fits[at] = still
        return fits
    still = sheet.vans[one.number].end == sheet.centre
    for at in range(count - 1, -1, -1):
        still = has_room[at] if at < count - 1 and way[at] == RELOAD else still and has_room[at]
        fits[at] = still
    return fits


def _pair(sheet: Sheet, one: Open, task: int, below: int) -> tuple[int, list[int]] | None:
    """Return the cheapest places for fetching and bringing in one way."""
    van, way = sheet.vans[one.number], one.way
    fetch, bring = sheet.nodes[task]
    room, load = van.room, sheet.load[task]
    has_room = [all(had + more <= most for had, more, most in zip(at, load, room, strict=True)) for at in one.loads]
    best: tuple[int, int, int] | None = None
    start, place, worth = van.start, sheet.place[fetch], van.worth
    for position in range(len(way) + 1):
        end = placed_at(sheet, way[position]) if position < len(way) else van.end
        if has_room[position] and van.seconds[start][place] != CLOSED:
            adds = worth[start][place] - (worth[start][end] if way or van.is_out else 0)
            times = further(sheet, van, one.times[position], start, fetch)
            if min(times) < NEVER:
                found = _bring(sheet, one, (fetch, bring), position, times, adds, below, has_room)
                if found is not None:
                    below, best = found[0], (found[0], position, found[1])
        start = end
    if best is None:
        return None
    _, first, second = best
    return best[0], [*way[:first], fetch, *way[first:second], bring, *way[second:]]


def _bring(
    sheet: Sheet,
    one: Open,
    pair: tuple[int, int],
    position: int,
    times: Times,
    adds: int,
    below: int,
    has_room: Sequence[bool],
) -> tuple[int, int] | None:
    """Return the cheapest place to bring what is fetched at a position, and what both add."""
    van, way, worth = sheet.vans[one.number], one.way, sheet.vans[one.number].worth
    place, goal, best = sheet.place[pair[0]], sheet.place[pair[1]], None
    for after in range(position, len(way) + 1):
        end = placed_at(sheet, way[after]) if after < len(way) else van.end
        # what the leg from here on costs beside the way as it was; the leg that was broken for fetching is counted in ``adds``
        beside = 0 if after == position else worth[place][end]
        if van.seconds[place][goal] != CLOSED and van.seconds[goal][end] != CLOSED:
            total = adds + worth[place][goal] + worth[goal][end] - beside
            if total < below and _keeps_time(sheet, one, further(sheet, van, times, place, pair[1]), goal, after):
                below, best = total, (total, after)
        if after == len(way) or van.seconds[place][end] == CLOSED or not has_room[after + 1]:
            break
        if after == position:
            adds += worth[place][end]
        times, place = further(sheet, van, times, place, way[after]), end
        if times[0] >= NEVER and times[1] >= NEVER:
            break
    return best


def _another_trip(sheet: Sheet, one: Open, node: int, below: int) -> tuple[int, list[int]] | None:
    """Return a way that comes to the centre once more and goes out again for one visit."""
    van = sheet.vans[one.number]
    way = [*one.way, RELOAD, node]
    last, place = placed_at(sheet, one.way[-1]), sheet.place[node]
    legs = ((last, sheet.centre), (sheet.centre, place), (place, van.end))
    if one.way[-1] == RELOAD or any(van.seconds[start][end] == CLOSED for start, end in legs):
        return None
    adds = sum(van.worth[start][end] for start, end in legs) - van.worth[last][van.end]
    if adds >= below:
        return None
    return (adds, way) if opened(sheet, one.number, way) else None


def insert_all(sheet: Sheet, ways: Ways, tasks: Iterable[int], *, stop: Callable[[], bool] = lambda: False) -> list[int]:
    """
    Put tasks into ways one after another, each where it costs least and less than leaving it; return those left.

    An offer weighs the ways; waiting, lateness and empty kilometres are looked at before it is taken.
    """
    ready = [opened(sheet, number, way) for number, way in enumerate(ways)]
    fens = [fen_of(sheet, number, way) or 0 for number, way in enumerate(ways)]
    left = []
    for task in tasks:
        offer = None if stop() else cheapest(sheet, ready, task, below=1000 * sheet.leave_fen[task] + 1)
        fen = fen_of(sheet, offer[1], offer[2]) if offer else None
        if offer is None or fen is None or fen - fens[offer[1]] > sheet.leave_fen[task]:
            left.append(task)
            continue
        _, number, way = offer
        ways[number], fens[number] = way, fen
        ready[number] = opened(sheet, number, way)
    return left


def cheapest(sheet: Sheet, ready: Iterable[Open | None], task: int, *, below: int = NEVER) -> Offer | None:
    """Return the cheapest offer of several ways for a task; None where none takes it for less than a limit."""
    best: Offer | None = None
    for one in ready:
        offer = best_offer(sheet, one, task, below=below if best is None else best[0]) if one else None
        best = offer or best
    return best


def greedy(sheet: Sheet, *, stop: Callable[[], bool] = lambda: False) -> Ways:
    """Return ways by putting in what must go first, then what is worth most, then what is farthest."""
    ways: Ways = [[] for _ in sheet.vans]
    far = [max((_far(sheet, node) for node in nodes), default=0) for nodes in sheet.nodes]

    def order(task: int) -> tuple[bool, bool, int, int]:
        sample = sheet.tasks[task]
        return (not sample.must_go, sample.only_vehicle is None, -sheet.leave_fen[task] // 10_000, -far[task])

    tasks = sorted((task for task, nodes in enumerate(sheet.nodes) if nodes), key=order)
    left = insert_all(sheet, ways, tasks, stop=stop)
    insert_all(sheet, ways, left, stop=stop)
    return ways


def _far(sheet: Sheet, node: int) -> int:
    return max(van.seconds[sheet.centre][sheet.place[node]] for van in sheet.vans) if sheet.vans else 0


def cost_of_ways(sheet: Sheet, ways: Ways) -> int:
    """Return what ways cost and what leaving the rest costs; NEVER where one of them cannot be driven."""
    total = sheet.cost_to_leave(sheet.left(ways))
    for number, way in enumerate(ways):
        fen = fen_of(sheet, number, way)
        if fen is None:
            return NEVER
        total += fen
    return total


def shaken(sheet: Sheet, ways: Ways, *, rounds: int, seed: int, stop: Callable[[], bool]) -> Ways:
    """Take a few neighbouring tasks out and put them in again, many times; what is cheaper stays. Returns ways no dearer."""
    random = Random(seed)  # noqa: S311 - a search, no secret
    best, cost = [list(way) for way in ways], cost_of_ways(sheet, ways)
    near = _neighbours(sheet)
    for _ in range(rounds):
        if stop():
            break
        tried = [list(way) for way in best]
        out = _taken_out(sheet, tried, near, random)
        random.shuffle(out)
        insert_all(sheet, tried, sorted(out, key=lambda task: -sheet.leave_fen[task]) if random.random() < 0.5 else out)
        found = cost_of_ways(sheet, tried)
        if found < cost:
            best, cost = tried, found
    return best


def _neighbours(sheet: Sheet) -> list[list[int]]:
    """Return for each task the others, the nearest first."""
    if not sheet.vans:
        return [[] for _ in sheet.tasks]
    seconds, places = sheet.vans[0].seconds, [sheet.place[nodes[-1]] if nodes else -1 for nodes in sheet.nodes]
    known = [task for task, place in enumerate(places) if place >= 0]

    def away(here: int, there: int) -> int:
        one = seconds[places[here]][places[there]]
        return NEVER if one == CLOSED else one

    return [sorted(known, key=lambda other: away(task, other)) if places[task] >= 0 else [] for task in range(len(places))]


def _taken_out(sheet: Sheet, ways: Ways, near: list[list[int]], random: Random) -> list[int]:
    """Take a task, some of its neighbours and all that is left out of ways; return them."""
    left = sheet.left(ways)
    known = [task for task, nodes in enumerate(sheet.nodes) if nodes]
    if not known:
        return []
    count = random.randint(2, max(2, min(14, len(known) // 4)))
    begun = random.choice(left) if left and random.random() < 0.5 else random.choice(known)
    out = {begun, *(task for task in near[begun][: 2 * count] if random.random() < 0.5)}
    gone = {node for task in out for node in sheet.nodes[task]}
    for number, way in enumerate(ways):
        ways[number] = tidy([node for node in way if node not in gone])
    return list(out | set(left))


def tidy(way: Iterable[int]) -> list[int]:
    """Return a way without calls at the centre that nothing follows or comes between."""
    found: list[int] = []
    for node in way:
        if node == RELOAD and found and found[-1] == RELOAD:
            continue
        found.append(node)
    while found and found[-1] == RELOAD:
        found.pop()
    return found


def repaired(sheet: Sheet, ways: Sequence[Sequence[int]]) -> Ways:
    """Return ways that can be driven, made of others that perhaps cannot: what does not fit is put in elsewhere or left."""
    kept = [tidy(way) for way in _proper(sheet, ways)]
    for number in range(len(kept)):
        while opened(sheet, number, kept[number]) is None and kept[number]:
            kept[number] = _lighter(sheet, number, kept[number])
    insert_all(sheet, kept, sorted(sheet.left(kept), key=lambda task: -sheet.leave_fen[task]))
    return kept


def _proper(sheet: Sheet, ways: Sequence[Sequence[int]]) -> Ways:
    """Return ways of visits that their vehicles may make, each once, all of a task on one vehicle and in their order."""
    kept: Ways = []
    seen: set[int] = set()
    for number, way in enumerate(ways):
        made: dict[int, list[int]] = {}
        for node in way:
            if node != RELOAD:
                made.setdefault(node >> 1, []).append(node)
        whole = {task for task, nodes in made.items() if tuple(nodes) == sheet.nodes[task] and sheet.may_take[number][task]} - seen
        seen |= whole
        kept.append([node for node in way if node == RELOAD or node >> 1 in whole])
    return kept


def _lighter(sheet: Sheet, number: int, way: list[int]) -> list[int]:
    """Return a way without the task whose going helps most: without which it can be driven, else the one worth least."""
    tasks = sorted({node >> 1 for node in way if node != RELOAD}, key=lambda task: sheet.leave_fen[task])
    options = list(_without(sheet, way, tasks))
    return next((less for less in options if opened(sheet, number, less)), options[0])


def _without(sheet: Sheet, way: Sequence[int], tasks: Iterable[int]) -> Iterator[list[int]]:
    for task in tasks:
        gone = set(sheet.nodes[task])
        yield tidy(node for node in way if node not in gone)
