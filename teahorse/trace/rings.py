"""
Transformations that go round: what is made of itself over several events. Plain Python.

One event that does so is refused when it is read (:mod:`.epcis.checking`); here are those that only together do.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from teahorse.trace.rules import Role

MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Line:
    """An event of a process (itself, or all with one transformationID) uses or makes a thing; ``thing`` is what it goes by now."""

    process: str
    event: UUID
    digest: bytes
    role: Role
    thing: UUID
    uri: str


@dataclass(frozen=True, slots=True)
class Ring:
    """An event stands in a ring: what is made there of what, and the other events with which it goes round."""

    made: str
    used: str
    others: tuple[UUID, ...]


@dataclass(slots=True)
class _Process:
    uses: dict[UUID, str] = field(default_factory=dict)
    makes: dict[UUID, str] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)


def rings_in(lines: Iterable[Line]) -> dict[UUID, Ring]:
    """Return every event that stands in a ring, with its ring."""
    processes = _processes(lines)
    users = defaultdict(list)
    for name, process in processes.items():
        for thing in process.uses:
            users[thing].append(name)
    leads_to = {name: [user for thing in process.makes for user in users[thing]] for name, process in processes.items()}
    found: dict[UUID, Ring] = {}
    for knot in _knots(leads_to):
        if len(knot) > 1 or knot[0] in leads_to[knot[0]]:
            found |= _ring([processes[name] for name in knot])
    return found


def _processes(lines: Iterable[Line]) -> dict[str, _Process]:
    processes: dict[str, _Process] = defaultdict(_Process)
    for line in lines:
        process = processes[line.process]
        process.lines.append(line)
        (process.uses if line.role is Role.INPUT else process.makes)[line.thing] = line.uri
    return processes


def _ring(knot: list[_Process]) -> dict[UUID, Ring]:
    """Return the events of processes that lead to each other; those of them that neither use nor make what goes round are innocent."""
    round_it = {thing for process in knot for thing in process.uses} & {thing for process in knot for thing in process.makes}
    events = dict.fromkeys(line.event for process in knot for line in process.lines if line.thing in round_it)
    few = list(events)[: MOST_NAMED + 1]
    found = {}
    for process in knot:
        made = next(uri for thing, uri in process.makes.items() if thing in round_it)
        used = next(uri for thing, uri in process.uses.items() if thing in round_it)
        for event in {line.event for line in process.lines if line.thing in round_it}:
            found[event] = Ring(made, used, tuple(other for other in few if other != event)[:MOST_NAMED])
    return found


def _knots(leads_to: Mapping[str, list[str]]) -> list[list[str]]:
    """Return the largest groups in which each leads to each (Kosaraju's way, without recursion: a document may be one long chain)."""
    comes_from: dict[str, list[str]] = defaultdict(list)
    for name, following in leads_to.items():
        for other in following:
            comes_from[other].append(name)
    last_left = _as_left(leads_to, leads_to)
    met: set[str] = set()
    return [knot for name in reversed(last_left) if name not in met and (knot := _as_left([name], comes_from, met))]


def _as_left(starts: Iterable[str], leads_to: Mapping[str, list[str]], met: set[str] | None = None) -> list[str]:
    """Go in depth from each start to what was not met yet; return all in the order in which they are left."""
    met, left = set() if met is None else met, []
    for start in starts:
        if start in met:
            continue
        met.add(start)
        way = [(start, iter(leads_to.get(start, ())))]
        while way:
            name, following = way[-1]
            other = next((one for one in following if one not in met), None)
            if other is None:
                left.append(name)
                way.pop()
            else:
                met.add(other)
                way.append((other, iter(leads_to.get(other, ()))))
    return left
