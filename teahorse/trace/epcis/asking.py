"""
From parameters to a question: those of an address, or of the JSON of a named query (EPCIS 2.0, section 8.2.7.1 and query-schema.json).

In an address the values of a list are parted by ``|``. Every parameter that is not understood is named, with why; nothing is left out
silently.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from teahorse.trace.epcis.asked import Asked, Wrong
from teahorse.trace.epcis.parameters import OTHER_NAMES, condition
from teahorse.trace.epcis.problems import Problem, Reason, pointed, shown
from teahorse.trace.epcis.questions import Condition, Question
from teahorse.trace.epcis.uris import is_context, is_uri, prefixes_of

MOST_CONDITIONS: Final = 100


class NotAQuestion(Exception):
    """Parameters that cannot be understood, each with a pointer that names it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{problem.pointer}: {problem.told}" for problem in self.problems))


def _order(asked: Asked) -> str:
    name = asked.one()
    if not isinstance(name, str) or not (name in {"eventTime", "recordTime"} or (":" in name and is_uri(name))):
        raise Wrong(Reason.UNKNOWN_FIELD, f"events are ordered by eventTime, recordTime or a field of your own, not by {shown(name)}")
    return name


CONTROLS: dict[str, tuple[str, Callable[[Asked], Any]]] = {
    "orderBy": ("order_by", _order),
    "orderDirection": ("is_descending", lambda asked: asked.among({"ASC", "DESC"}) == ("DESC",)),
    "eventCountLimit": ("first", Asked.count),
    "maxEventCount": ("most", Asked.count),
}


def ask(parameters: Mapping[str, Any], *, prefixes: Mapping[str, str] | None = None) -> Question:
    """
    Return what is asked by parameters; ``prefixes`` are those of the asker's own fields, besides an ``@context`` among them.

    :raises NotAQuestion: with all that is wrong, each with the parameter's name.
    """
    context = parameters.get("@context")
    known = {**prefixes_of(context), **(prefixes or {})}
    found: list[Problem] = []
    conditions: list[Condition] = []
    control: dict[str, Any] = {}
    said = [(written, OTHER_NAMES.get(written, written), value) for written, value in parameters.items() if written != "@context"]
    for written, name, value in said:
        try:
            asked = Asked(value, known)
            if name in CONTROLS:
                key, read = CONTROLS[name]
                control[key] = read(asked)
            else:
                conditions.append(condition(name, asked))
        except Wrong as wrong:
            found.append(Problem(pointed(written), wrong.reason, wrong.told))
    found += _of_all(context, [name for _written, name, _value in said])
    if found:
        raise NotAQuestion(found)
    if "order_by" not in control:
        control["is_descending"] = False  # as they came
    return Question(conditions=tuple(conditions), **control)


def _of_all(context: object, names: list[str]) -> Iterable[Problem]:
    """Return what is wrong with the parameters as a whole."""
    if context is not None and not is_context(context):
        yield Problem("/@context", Reason.WRONG_TYPE, "a @context is an address, an object or a list of these, each once")
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(pointed(name), Reason.TWICE, "it is said twice, under two names")
    if {"eventCountLimit", "maxEventCount"} <= set(names):
        yield Problem("/maxEventCount", Reason.FORBIDDEN_HERE, "either eventCountLimit or maxEventCount is said, not both")
    if len(names) > MOST_CONDITIONS:
        yield Problem("", Reason.TOO_MANY, f"{len(names)} parameters are more than {MOST_CONDITIONS}")


def of_address(items: Iterable[tuple[str, list[str]]]) -> dict[str, Any]:
    """
    Return the parameters of an address: lists that are parted by ``|``.

    :raises NotAQuestion: for a parameter that is said twice.
    """
    parameters: dict[str, Any] = {}
    for name, values in items:
        if len(values) != 1:
            raise NotAQuestion([Problem(pointed(name), Reason.TWICE, "it is said twice; the values of a list are parted by |")])
        if "\0" in name:
            raise NotAQuestion([Problem(pointed(name.replace("\0", "?")), Reason.NOT_A_TEXT, "a name holds no sign of number 0")])
        parameters[name] = values[0].split("|")
    return parameters
