"""
Which bags wait for which departure, so that as many promises hold as can, at the least cost.

A departure costs something once it takes anything, and by weight; what waits for a fuller or cheaper one may share it. The
answer is exact: branch and bound over the bags, heaviest first, with equal states met once. Filling vehicles is as hard as
packing boxes, so that a hard case could take forever: after :data:`MOST_STEPS` the best answer so far is given, and says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

MOST_STEPS = 200_000
GRAMS_PER_KG = 1000
LEFT = -1
Why = Literal[
    "first", "cheaper", "first is full", "first is not cold", "too late for the first", "late", "too heavy", "not cold", "too late", "full"
]


class NotToConsolidate(ValueError):
    """What was given cannot be: a key that is there twice, amounts below nothing; it says which."""


@dataclass(frozen=True, slots=True)
class Bag:
    """
    A bag that waits: of some grams, ready from a moment on, for a promise that holds if it arrives by another.

    :param is_cold: goes only with what keeps cold.
    """

    key: str
    grams: int
    ready_at: datetime
    due_at: datetime
    is_cold: bool = False


@dataclass(frozen=True, slots=True)
class Departure:
    """
    A departure that bags can go with if they are ready by its cut-off.

    :param grams: the room that is left on it.
    :param fixed_fen: what it costs if it takes anything: nothing for a flight that goes anyway, a truck's way if it goes for us.
    """

    key: str
    cutoff_at: datetime
    arrives_at: datetime
    grams: int
    fixed_fen: int = 0
    fen_per_kg: int = 0
    keeps_cold: bool = False


@dataclass(frozen=True, slots=True)
class Goes:
    """
    With what a bag goes, and why with that; ``departure`` None: with nothing that is known.

    :param slack: from its arrival to the moment by which it is promised; less than nothing: it is late by as much.
    :param saves_fen: where it waits because that is cheaper, what the first one that it could have caught would cost more.
    """

    bag: str
    departure: str | None
    why: Why
    slack: timedelta | None = None
    saves_fen: int = 0


@dataclass(frozen=True, slots=True)
class Consolidated:
    """
    What goes with what, in the order of the bags; how many promises break, how many bags are left, what it costs in fen.

    ``is_proven``: nothing better exists: fewer broken promises, then fewer bags left, then less cost.
    """

    goes: tuple[Goes, ...]
    broken: int
    left: int
    fen: int
    is_proven: bool


@dataclass(slots=True)
class _Search:
    bags: Sequence[Bag]
    departures: Sequence[Departure]
    order: list[int] = field(default_factory=list)
    options: list[list[int]] = field(default_factory=list)
    late_fen: int = 0
    """What outweighs all costs together, so that one number says which answer is better."""
    shares: list[list[int]] = field(default_factory=list)
    """By bag and departure, the part of the fixed cost that its weight has in all that could go."""
    bounds: dict[int, list[int]] = field(default_factory=dict)
    best: list[int] = field(default_factory=list)
    best_cost: int = 0
    seen: dict[tuple[int, tuple[int, ...], int], int] = field(default_factory=dict)
    steps: int = 0

    def cost_of(self, bag: int, departure: int) -> int:
        """Return what a bag adds on a departure, that one's fixed cost apart: a broken promise outweighs costs, a bag left more."""
        if departure == LEFT:
            return self.late_fen * (len(self.bags) + 2)
        one, goes = self.bags[bag], self.departures[departure]
        is_late = goes.arrives_at > one.due_at
        return _by_weight(one, goes) + (self.late_fen * (len(self.bags) + 1) if is_late else 0)

    def least(self, bag: int, departure: int, used: int) -> int:
        """Return what a bag costs on a departure at least: its share of the fixed cost too, unless that one is paid already."""
        is_paid = departure == LEFT or used >> departure & 1
        return self.cost_of(bag, departure) + (0 if is_paid else self.shares[bag][departure])

    def bounds_by_place(self, used: int) -> list[int]:
        """Return, by place in the order, the least that it and all after it can add where some departures are paid already."""
        if used not in self.bounds:
            bound, bounds = 0, [0]
            for bag, options in zip(reversed(self.order), reversed(self.options), strict=True):
                bound += min(self.least(bag, one, used) for one in options)
                bounds.append(bound)
            self.bounds[used] = bounds[::-1]
        return self.bounds[used]


def consolidate(bags: Sequence[Bag], departures: Sequence[Departure], *, most_steps: int = MOST_STEPS) -> Consolidated:
    """
    Say which bag goes with which departure.

    Departures should be known as far ahead as the last promise: a bag that goes with none of them breaks its promise.

    :raises NotToConsolidate: for a key that is there twice or an amount below nothing.
    """
    _refuse(bags, departures)
    search = _begun(bags, departures)
    is_proven = _searched(search, most_steps)
    chosen = dict(zip(search.order, search.best, strict=True))
    taken = [chosen[number] for number in range(len(bags))]
    goes = tuple(_why(search, taken, number) for number in range(len(bags)))
    used = {departure for departure in taken if departure != LEFT}
    fen = sum(departures[one].fixed_fen for one in used)
    fen += sum(_by_weight(bag, departures[one]) for bag, one in zip(bags, taken, strict=True) if one != LEFT)
    broken = sum(one.slack is None or one.slack < timedelta() for one in goes)
    return Consolidated(goes, broken, sum(one.departure is None for one in goes), fen, is_proven)


def _refuse(bags: Sequence[Bag], departures: Sequence[Departure]) -> None:
    for name, keys in (("bag", [one.key for one in bags]), ("departure", [one.key for one in departures])):
        if len(set(keys)) != len(keys):
            msg = f"a {name} is there twice"
            raise NotToConsolidate(msg)
    amounts = [(bag.key, bag.grams) for bag in bags] + [(one.key, min(one.grams, one.fixed_fen, one.fen_per_kg)) for one in departures]
    for key, least in amounts:
        if least < 0:
            msg = f"{key} has less than nothing of something"
            raise NotToConsolidate(msg)


def _by_weight(bag: Bag, departure: Departure) -> int:
    """Return what a bag's weight costs on a departure, in whole fen, rounded up."""
    return -(-bag.grams * departure.fen_per_kg // GRAMS_PER_KG)


def _catches(bag: Bag, departure: Departure) -> bool:
    return bag.ready_at <= departure.cutoff_at


def _can_take(bag: Bag, departure: Departure) -> bool:
    return _catches(bag, departure) and bag.grams <= departure.grams and (departure.keeps_cold or not bag.is_cold)


def _begun(bags: Sequence[Bag], departures: Sequence[Departure]) -> _Search:
    search = _Search(bags, departures)
    dearest = max((one.fen_per_kg for one in departures), default=0)
    search.late_fen = 1 + sum(one.fixed_fen for one in departures) + sum(-(-bag.grams * dearest // GRAMS_PER_KG) for bag in bags)
    can = [[number for number, one in enumerate(departures) if _can_take(bag, one)] for bag in bags]
    wanted = [sum(bag.grams for bag, ones in zip(bags, can, strict=True) if number in ones) for number in range(len(departures))]

    def share(bag: int, departure: int) -> int:
        together = min(departures[departure].grams, wanted[departure])
        return departures[departure].fixed_fen * bags[bag].grams // together if together else 0

    search.shares = [[share(bag, departure) for departure in range(len(departures))] for bag in range(len(bags))]
    search.order = sorted(range(len(bags)), key=lambda bag: (-bags[bag].grams, len(can[bag]), bags[bag].due_at, bags[bag].key))
    search.options = [[*sorted(can[bag], key=lambda one: search.least(bag, one, 0)), LEFT] for bag in search.order]
    search.best, search.best_cost = _greedy(search)
    return search


def _greedy(search: _Search) -> tuple[list[int], int]:
    """Return a first answer: each bag in its order where it adds least."""
    room, used, taken, total = [one.grams for one in search.departures], set[int](), list[int](), 0
    for bag, options in zip(search.order, search.options, strict=True):
        fits = [one for one in options if one == LEFT or room[one] >= search.bags[bag].grams]
        adds = {
            one: search.cost_of(bag, one) + (search.departures[one].fixed_fen if one != LEFT and one not in used else 0) for one in fits
        }
        chosen = min(fits, key=lambda one: adds[one])
        total += adds[chosen]
        taken.append(chosen)
        if chosen != LEFT:
            room[chosen] -= search.bags[bag].grams
            used.add(chosen)
    return taken, total


def _searched(search: _Search, most_steps: int) -> bool:
    """Search for a better answer until there is none, or for so many steps; return whether there is none."""
    room = tuple(one.grams for one in search.departures)
    stack: list[tuple[int, int, tuple[int, ...], int, tuple[int, ...]]] = [(0, 0, room, 0, ())]
    while stack:
        at, cost, room, used, taken = stack.pop()
        if cost + search.bounds_by_place(used)[at] >= search.best_cost:
            continue
        if at == len(search.order):
            search.best, search.best_cost = list(taken), cost
            continue
        if search.seen.get((at, room, used), search.best_cost) <= cost:
            continue
        search.seen[at, room, used] = cost
        search.steps += 1
        if search.steps > most_steps:
            return False
        stack.extend(reversed(_next(search, at, cost, room, used, taken)))
    return True


def _next(
    search: _Search, at: int, cost: int, room: tuple[int, ...], used: int, taken: tuple[int, ...]
) -> list[tuple[int, int, tuple[int, ...], int, tuple[int, ...]]]:
    """Return the states that come of putting the next bag somewhere, the most promising first."""
    bag, found = search.order[at], []
    grams = search.bags[bag].grams
    for one in search.options[at]:
        adds = cost + search.cost_of(bag, one)
        if one == LEFT:
            found.append((at + 1, adds, room, used, (*taken, one)))
        elif room[one] >= grams:
            is_new = not used >> one & 1
            less = (*room[:one], room[one] - grams, *room[one + 1 :])
            found.append((at + 1, adds + (search.departures[one].fixed_fen if is_new else 0), less, used | 1 << one, (*taken, one)))
    return found


def _why(search: _Search, taken: Sequence[int], number: int) -> Goes:
    """Return why a bag goes with what it goes with, seen from the first departure that it could have caught."""
    bag, chosen = search.bags[number], taken[number]
    if chosen == LEFT:
        return Goes(bag.key, None, _why_left(search, bag))
    one = search.departures[chosen]
    slack = bag.due_at - one.arrives_at
    if slack < timedelta():
        return Goes(bag.key, one.key, "late", slack)
    sooner = [other for other in search.departures if other.arrives_at < one.arrives_at]
    caught = [other for other in sooner if _catches(bag, other)]
    if not caught:
        return Goes(bag.key, one.key, "too late for the first" if sooner else "first", slack)
    fitting = [other for other in caught if other.keeps_cold or not bag.is_cold]
    if not fitting:
        return Goes(bag.key, one.key, "first is not cold", slack)
    saves = [_saves(search, taken, number, search.departures.index(other)) for other in fitting]
    known = [fen for fen in saves if fen is not None]
    return Goes(bag.key, one.key, "cheaper", slack, max(0, known[0])) if known else Goes(bag.key, one.key, "first is full", slack)


def _saves(search: _Search, taken: Sequence[int], number: int, other: int) -> int | None:
    """Return what a bag would cost more on another departure, all else as it is; None where that has no room."""
    bag, chosen = search.bags[number], taken[number]
    aboard = sum(one.grams for one, goes in zip(search.bags, taken, strict=True) if goes == other)
    if aboard + bag.grams > search.departures[other].grams:
        return None
    alone = taken.count(chosen) == 1
    opened = search.departures[other].fixed_fen if other not in taken else 0
    spared = search.departures[chosen].fixed_fen if alone else 0
    return _by_weight(bag, search.departures[other]) - _by_weight(bag, search.departures[chosen]) + opened - spared


def _why_left(search: _Search, bag: Bag) -> Why:
    caught = [one for one in search.departures if _catches(bag, one)]
    if not caught:
        return "too late"
    cold = [one for one in caught if one.keeps_cold or not bag.is_cold]
    if not cold:
        return "not cold"
    return "full" if any(bag.grams <= one.grams for one in cold) else "too heavy"
