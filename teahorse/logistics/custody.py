"""
Who has a thing, where and in what, as its scans tell. Plain Python.

A thing is a parcel, or a unit that holds others. What happens to a bag or a cage happens to all that lies in it; whoever has the
vehicle that a thing is on has the thing. So a thing's life is what was told of itself, and of what it lay in meanwhile.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from uuid import UUID

INTO = {"put_in", "loaded"}
OUT = {"taken_out", "received", "arrived", "handed_over", "returned", "refused", "lost", "found"}
"""Acts on a thing itself after which it lies in nothing any more: whoever has it in her hands has taken it out."""
FINAL = {"handed_over", "returned"}
TAKEN_AFTER_ALL = {"received", "arrived"}
"""Acts where it is fetched after which what was refused waits there again: its recipient has thought better of it."""
HELD_AT = {"received", "arrived", "taken_out", "refused", "lost", "found"}
"""Acts after which the place where they happened has the thing, or has to answer for it."""


@dataclass(frozen=True, slots=True)
class Told:
    """One scan, as far as custody asks. Scans of one moment are in the order of their keys."""

    id: UUID
    act: str
    at: datetime
    place: UUID | None = None
    into: UUID | None = None
    corrects: UUID | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    """A thing lay in a unit from a scan on until another, or until now."""

    container: UUID
    since: datetime
    until: datetime | None
    began_with: UUID
    ended_with: UUID | None


@dataclass(frozen=True, slots=True)
class Step:
    """Where a thing is from a moment on. One of them has it: its sender, a place, a vehicle, whoever carries it further, its recipient."""

    at: datetime | None
    told_by: UUID | None
    stage: str = "packed"
    place: UUID | None = None
    inside: UUID | None = None
    is_aboard: bool = False
    is_damaged: bool = False
    is_seen: bool = True
    """Whether the thing itself was scanned; else what it lay in."""

    @property
    def holder(self) -> str:
        """Who has it: ``sender``, ``place``, ``vehicle``, ``carrier`` (on its way with nobody of ours) or ``recipient``."""
        if self.stage == "packed" and self.place is None and not self.is_aboard:
            return "sender"
        if self.stage == "handed_over":
            return "recipient"
        if self.stage == "returned":
            return "sender"
        if self.is_aboard:
            return "vehicle"
        return "place" if self.place is not None else "carrier"


@dataclass(frozen=True, slots=True)
class Odd:
    """What does not fit about a scan: the kind is a word of :class:`teahorse.logistics.models.Oddity.Kind`."""

    scan: UUID
    kind: str
    was_at: UUID | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """All steps of a thing, the stays in units, and what does not fit."""

    steps: Sequence[Step]
    stays: Sequence[Stay]
    odd: Sequence[Odd]

    @property
    def last(self) -> Step:
        """Where it is now."""
        return self.steps[-1]

    def at(self, moment: datetime) -> Step:
        """Where it was at a moment."""
        return next((step for step in reversed(self.steps) if step.at is None or step.at <= moment), self.steps[0])


BEFORE = Step(None, None)
NOTHING = Life((BEFORE,), (), ())


def standing(scans: Sequence[Told]) -> list[Told]:
    """Return the scans that nobody took back, in the order in which they happened."""
    back = {scan.corrects for scan in scans if scan.act == "corrected"}
    kept = (scan for scan in scans if scan.act != "corrected" and scan.id not in back)
    return sorted(kept, key=lambda scan: (scan.at, scan.id))


def stays(scans: Sequence[Told]) -> list[Stay]:
    """Return when a thing lay in which unit; ``scans`` are those of itself that stand, in their order."""
    found: list[Stay] = []
    for scan in scans:
        is_in = bool(found) and found[-1].until is None
        if scan.act in INTO and scan.into is not None:
            if is_in and found[-1].container == scan.into:
                continue
            if is_in:
                found[-1] = replace(found[-1], until=scan.at, ended_with=scan.id)
            found.append(Stay(scan.into, scan.at, None, scan.id, None))
        elif scan.act in OUT and is_in and not (scan.act == "refused" and scan.place is None):
            found[-1] = replace(found[-1], until=scan.at, ended_with=scan.id)
        if scan.act in FINAL:
            break
    return found


def life(
    scans: Sequence[Told],
    *,
    goal: UUID | None = None,
    around: Mapping[UUID, Life],
    is_vehicle: Callable[[UUID], bool],
) -> Life:
    """
    Return the life of a thing.

    :param scans: of itself, those that stand, in their order.
    :param goal: the place where it is to be fetched.
    :param around: the lives of the bags and cages it lay in.
    """
    lain = stays(scans)
    happened: list[tuple[datetime, UUID, Told | Step]] = [(scan.at, scan.id, scan) for scan in scans]
    for stay in lain:
        if not is_vehicle(stay.container):
            happened += _meanwhile(stay, around.get(stay.container, NOTHING))
    happened.sort(key=lambda one: one[:2])
    steps, odd = [BEFORE], []
    inside: dict[UUID, UUID | None] = {stay.began_with: stay.container for stay in lain}
    inside |= {stay.ended_with: None for stay in lain if stay.ended_with is not None and stay.ended_with not in inside}
    for _at, _key, one in happened:
        now = steps[-1]
        if isinstance(one, Step):
            steps.append(_carried(now, one, goal))
            continue
        kind = _oddity(now, one)
        if kind is not None:
            odd.append(Odd(one.id, kind, now.place))
        if _was_called_off_elsewhere(now, one) and now.told_by is not None:  # what brought it there was told after it had ended
            odd.append(Odd(now.told_by, "after_the_end", now.place))
        if now.stage in FINAL:
            continue
        lies_in = inside.get(one.id, now.inside)
        steps.append(_after(now, one, goal, lies_in, around, is_vehicle))
    return Life(steps, lain, odd)


def _meanwhile(stay: Stay, container: Life) -> list[tuple[datetime, UUID, Told | Step]]:
    """Return what became of a unit while a thing lay in it."""
    return [
        (step.at, step.told_by, step)
        for step in container.steps
        if step.at is not None and step.told_by is not None and step.at >= stay.since and (stay.until is None or step.at < stay.until)
    ]


def _carried(now: Step, container: Step, goal: UUID | None) -> Step:
    """Return where a thing is after something was told of what it lies in."""
    stage = now.stage
    if stage != "refused" and (stage != "lost" or container.stage == "in_transit"):
        stage = "at_point" if container.place is not None and container.place == goal else "in_transit"
    if container.stage == "lost":
        stage = "lost"
    return replace(
        now, at=container.at, told_by=container.told_by, stage=stage, place=container.place, is_aboard=container.is_aboard, is_seen=False
    )


def _after(
    now: Step,
    scan: Told,
    goal: UUID | None,
    inside: UUID | None,
    around: Mapping[UUID, Life],
    is_vehicle: Callable[[UUID], bool],
) -> Step:
    """Return where a thing is after a scan of itself."""
    seen = replace(now, at=scan.at, told_by=scan.id, inside=inside, is_seen=True, is_damaged=now.is_damaged or scan.act == "damaged")
    if scan.act in INTO and scan.into is not None:
        return _put(seen, scan, scan.into, around, is_vehicle)
    match scan.act:
        case "handed_over" | "returned":
            seen = replace(seen, stage=scan.act, place=None, inside=None, is_aboard=False)
        case "refused" if scan.place is None:  # told on the road: it stays where it is
            seen = replace(seen, stage="refused")
        case "refused" | "lost":
            seen = replace(seen, stage=scan.act, place=scan.place, is_aboard=False)
        case "received" | "arrived" | "taken_out" | "found":
            is_there = scan.place is not None and scan.place == goal and (now.stage != "refused" or scan.act in TAKEN_AFTER_ALL)
            seen = replace(seen, stage="at_point" if is_there else _on_its_way(now), place=scan.place, is_aboard=False)
        case "departed" | "loaded":
            seen = replace(seen, stage=_on_its_way(now), place=None)
        case "put_in":  # into what, nobody knows
            seen = replace(seen, stage=_on_its_way(now), place=scan.place or now.place)
        case "damaged" | "held" if now.stage == "packed":
            seen = replace(seen, stage="in_transit", place=scan.place)
    return seen


def _on_its_way(now: Step) -> str:
    """What was not taken goes back, and stays so on its way until it is returned, or taken in where it is fetched after all."""
    return "refused" if now.stage == "refused" else "in_transit"


def _put(seen: Step, scan: Told, container: UUID, around: Mapping[UUID, Life], is_vehicle: Callable[[UUID], bool]) -> Step:
    if is_vehicle(container):
        return replace(seen, stage=_on_its_way(seen), place=None, is_aboard=True)
    where = around.get(container, NOTHING).at(scan.at)
    place = where.place or (None if where.is_aboard else scan.place or seen.place)
    return replace(seen, stage=_on_its_way(seen), place=place, is_aboard=where.is_aboard)


def _oddity(now: Step, scan: Told) -> str | None:
    """Return what does not fit about a scan, knowing all that was before it."""
    if now.stage in FINAL:
        return "after_the_end"
    if scan.act == "taken_out" and now.inside is None:
        return "not_inside"
    if scan.act == "taken_out" and scan.into is not None and now.inside != scan.into:
        return "not_inside"
    if scan.place is not None and now.place is not None and now.stage != "lost" and scan.place != now.place:
        return "elsewhere"
    return None


def _was_called_off_elsewhere(now: Step, scan: Told) -> bool:
    """Return whether a thing ended with its sender, which happens nowhere of ours, while one of us had it."""
    return scan.act == "returned" and scan.place is None and now.holder in {"place", "vehicle"}


def holders(life: Life) -> list[tuple[datetime, str]]:
    """Return who had a thing from when on; nobody follows herself."""
    told = [(step.at, step.holder) for step in life.steps if step.at is not None]
    return told[:1] + [after for before, after in pairwise(told) if before[1] != after[1]]
