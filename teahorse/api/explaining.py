"""What the codes of problems mean."""

from collections.abc import Iterator

from django.http import HttpRequest
from ninja import Router, Schema

from teahorse.common.refusals import NotThere, Refusal

router = Router(tags=["problems"])


class ProblemKind(Schema):
    """A kind of problem: its sentence in the current language, with the names of the numbers that stand in it."""

    code: str
    status: int
    sentence: str


@router.get("/problems", response=list[ProblemKind])
def list_problems(request: HttpRequest) -> list[ProblemKind]:  # noqa: ARG001
    """Return every kind of problem that the house knows."""
    return sorted(_kinds().values(), key=lambda kind: kind.code)


@router.get("/problems/{code}", response=ProblemKind)
def show_problem(request: HttpRequest, code: str) -> ProblemKind:  # noqa: ARG001
    """Return one kind of problem; the ``type`` of a problem leads here."""
    kind = _kinds().get(code)
    if kind is None:
        raise NotThere(field="code")
    return kind


def _kinds() -> dict[str, ProblemKind]:
    return {kind.code: ProblemKind(code=kind.code, status=kind.status, sentence=str(kind.sentence)) for kind in _subclasses(Refusal)}


def _subclasses(of: type[Refusal]) -> Iterator[type[Refusal]]:
    for kind in of.__subclasses__():
        yield kind
        yield from _subclasses(kind)
