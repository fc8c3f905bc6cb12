"""What can be made to go wrong, as groups of values that JSON sets; each sandbox has groups of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar, get_type_hints


class UnknownKnob(Exception):
    """A knob that does not exist, or a value of the wrong kind; carries its name and what would be right."""

    def __init__(self, *, knob: str, expected: str) -> None:
        super().__init__(f"{knob} must be {expected}")


@dataclass(frozen=True)
class KnobGroup:
    """Values with defaults that make everything behave."""

    @classmethod
    def read(cls, values: Any) -> Self:
        """
        Knobs from JSON.

        :raises UnknownKnob: for a name or a kind of value that is not ours; nothing is silently ignored.
        """
        if not isinstance(values, Mapping):
            raise UnknownKnob(knob=cls.__name__, expected="an object")
        kinds = get_type_hints(cls)
        for name, value in values.items():
            if name not in kinds:
                raise UnknownKnob(knob=str(name), expected=f"one of {', '.join(kinds)}")
            kind = kinds[name]
            if kind is float and type(value) is int:
                continue
            if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
                raise UnknownKnob(knob=name, expected=kind.__name__)
        return cls(**values)

    def set_values(self) -> dict[str, Any]:
        """Only what differs from the defaults, for storing and for laying over others."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self) if getattr(self, field.name) != field.default}


@dataclass(frozen=True)
class SendingKnobs(KnobGroup):
    """
    How notifications are sent, whosever they are.

    `delay` seconds; `repeat` more copies of the same notification; `shuffle` n: hold until n are waiting, then send
    them newest first; `drop`; `honest_after` n bad ones send the truth (0: never).
    """

    delay: float = 0.0
    repeat: int = 0
    shuffle: int = 0
    drop: bool = False
    honest_after: int = 0

    def honest(self) -> Self:
        """The same without anything that is untrue."""
        return type(self)(delay=self.delay, repeat=self.repeat, shuffle=self.shuffle)


class _Counted(Protocol):
    """A failure to come, so many times."""

    @property
    def count(self) -> int: ...


C = TypeVar("C", bound=_Counted)


def take(waiting: list[C], fits: Callable[[C], bool]) -> C | None:
    """The first failure that is due for a call, used up by one."""
    for place, knob in enumerate(waiting):
        if fits(knob):
            rest = dataclasses.replace(knob, count=knob.count - 1)  # type: ignore[type-var]  # each is a dataclass
            waiting[place : place + 1] = [rest] if rest.count > 0 else []
            return knob
    return None
