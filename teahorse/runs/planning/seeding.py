"""
A first good plan by VROOM (BSD-2-Clause, ``pyvroom``): the best answer of a few seconds when nearly all can be served.

It knows windows, breaks, skills and goods out and home on one vehicle, but neither a second trip nor lateness; what stands
elsewhere than at the centre gets no goods from there. Of equally good answers it gives now this one, now that, on one thread too
(some in a thousand), so a search that is to be repeatable goes without it. Where the package is absent there is no seed either.
"""

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from importlib.metadata import version
from typing import Any

from teahorse.runs.planning.inserting import Ways
from teahorse.runs.planning.sheet import NEVER, Sheet

try:
    vroom: Any = import_module("vroom")
except ImportError:  # its wheels need glibc 2.34
    vroom = None

LEVEL = 5
"""How much it tries before it stops itself, of 0 to 5."""
FAR = 4_000_000
"""Seconds, and thousands of a cost, of a way that is closed: more than any day, and still small enough to be added up."""
UPPER = 2_000_000_000
STANDS_AT_CENTRE = 0
"""A skill: fresh goods of the centre can be loaded. Skills from 1 on are tasks that only some vehicles may take."""


def version_of_vroom() -> str | None:
    """Return the version of the package, None where it is absent."""
    return None if vroom is None else version("pyvroom")


def seeded(sheet: Sheet, *, seconds: float, threads: int = 1) -> Ways | None:
    """Return ways found within some seconds; they may need repair. None without the package or where it refuses the day."""
    served = [task for task, nodes in enumerate(sheet.nodes) if nodes and any(row[task] for row in sheet.may_take)]
    if vroom is None or not served or seconds <= 0:
        return None
    asked = vroom.Input()
    profiles = _matrices(sheet, asked)
    skills = _skills(sheet)
    for number in range(len(sheet.vans)):
        asked.add_vehicle(_vehicle(sheet, number, profiles[number], skills))
    for task in served:
        _add(sheet, asked, task, _needs(sheet, task, skills))
    solution = asked.solve(exploration_level=LEVEL, nb_threads=threads, timeout=timedelta(seconds=seconds))
    return _ways(sheet, solution)


def _matrices(sheet: Sheet, asked: Any) -> list[str]:
    """Tell each kind of ground and cost once; return the profile of each vehicle."""
    names: dict[tuple[int, int], str] = {}
    found = []
    scale = _cost_scale(sheet)
    for van in sheet.vans:
        key = (id(van.seconds), id(van.worth))
        if key not in names:
            names[key] = f"profile{len(names)}"
            asked.set_durations_matrix(names[key], [[FAR if one < 0 else one for one in row] for row in van.seconds])
            asked.set_costs_matrix(names[key], [[FAR if one >= NEVER else min(FAR, one // scale) for one in row] for row in van.worth])
        found.append(names[key])
    return found


def _cost_scale(sheet: Sheet) -> int:
    """Return by what costs are divided, so that the dearest leg stays well below a closed one."""
    dearest = max((one for van in sheet.vans for row in van.worth for one in row if one < NEVER), default=0)
    return max(1, dearest // (FAR // 8))


def _skills(sheet: Sheet) -> dict[tuple[bool, ...], int]:
    """Return a number for each set of vehicles that some task is limited to."""
    found: dict[tuple[bool, ...], int] = {}
    for task in range(len(sheet.tasks)):
        may = tuple(row[task] for row in sheet.may_take)
        if not all(may):
            found.setdefault(may, len(found) + 1)
    return found


def _needs(sheet: Sheet, task: int, skills: dict[tuple[bool, ...], int]) -> set[int]:
    needs = {STANDS_AT_CENTRE} if sheet.from_centre[task] else set()
    may = tuple(row[task] for row in sheet.may_take)
    return needs | ({skills[may]} if may in skills else set())


def _vehicle(sheet: Sheet, number: int, profile: str, skills: dict[tuple[bool, ...], int]) -> Any:
    van = sheet.vans[number]
    aboard = [sheet.load[task] for task in sheet.aboard[number] if not sheet.nodes[task]]
    room = [max(0, most - sum(load[dimension] for load in aboard)) for dimension, most in enumerate(van.room)]
    rests = []
    if van.rest and van.ends_s > van.rest[2]:
        length, first, last = van.rest
        rests = [vroom.Break(number, time_windows=[vroom.TimeWindow(max(first, van.begins_s), last)], service=length)]
    return vroom.Vehicle(
        number,
        start=van.start,
        end=van.end,
        profile=profile,
        capacity=room,
        skills={number for may, number in skills.items() if may[sheet.van_number[van.key]]}
        | ({STANDS_AT_CENTRE} if van.start == sheet.centre else set()),
        time_window=[van.begins_s, van.ends_s],
        breaks=rests,
        costs=vroom.VehicleCosts(fixed=0 if van.is_out else van.fixed_fen * 1000 // _cost_scale(sheet)),
    )


def _windows(sheet: Sheet, node: int) -> list[Any]:
    return [vroom.TimeWindow(max(0, opens), min(UPPER, closes)) for opens, closes in sheet.windows[node] if closes >= 0]


def _add(sheet: Sheet, asked: Any, task: int, skills: set[int]) -> None:
    nodes, load = sheet.nodes[task], list(sheet.load[task])
    most = max(sheet.leave_fen) or 1
    priority = min(100, 1 + 99 * sheet.leave_fen[task] // most)
    if len(nodes) == 2:
        fetch, bring = (
            vroom.ShipmentStep(node, sheet.place[node], default_service=sheet.service[node], time_windows=_windows(sheet, node))
            for node in nodes
        )
        asked.add_shipment(fetch, bring, amount=vroom.Amount(load), skills=skills, priority=priority)
        return
    node, none = nodes[0], [0, 0, 0]
    asked.add_job(
        vroom.Job(
            node,
            sheet.place[node],
            default_service=sheet.service[node],
            delivery=vroom.Amount(load if node & 1 else none),
            pickup=vroom.Amount(none if node & 1 else load),
            skills=skills,
            priority=priority,
            time_windows=_windows(sheet, node),
        )
    )


def _ways(sheet: Sheet, solution: Any) -> Ways:
    ways: Ways = [[] for _ in sheet.vans]
    for number, node in _steps(solution):
        ways[number].append(node)
    return ways


def _steps(solution: Any) -> Iterator[tuple[int, int]]:
    for route in solution.to_dict()["routes"]:
        for step in route["steps"]:
            if step["type"] in {"job", "pickup", "delivery"}:
                yield int(route["vehicle"]), int(step["id"])
