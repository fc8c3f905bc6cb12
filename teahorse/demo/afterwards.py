"""What became of told goods after they were sold: scanned at their buyers', copied, complained of, taken back."""

from datetime import datetime, timedelta

from teahorse.catalog.content import translations
from teahorse.demo.keys import key_of
from teahorse.demo.reading import Row, words
from teahorse.demo.routes import staff_of
from teahorse.demo.stories import lot_named, moment, sheet_named, told_stories
from teahorse.people.models import Organisation
from teahorse.trace import actions as trace
from teahorse.trace.models import LabelCode, Recall

LOOKED_AFTER = timedelta(minutes=10)
CASES_AFTER = timedelta(minutes=1)
VISITOR = "demo"


def load_afterwards(*, now: datetime) -> None:
    """Have the labels scanned and the lots taken back that the content says."""
    for story in told_stories():
        _scan(story, now=now)
        for row in story.get("report", ()):
            trace.report(code=_code(story, row).code, text=row["text"], phone="", now=moment(row, now))
        for row in story.get("recall", ()):
            _recall(story, row, asked_at=moment(row, now))


def _code(story: Row, row: Row) -> LabelCode:
    """Return the first code of a sheet."""
    return LabelCode.objects.filter(sheet=sheet_named(story["story"], row["labels"])).order_by("position")[0]


def _scan(story: Row, *, now: datetime) -> None:
    """Have each scan made by another visitor, and looked at for signs of copies after the last one."""
    rows = story.get("scan", ())
    for number, row in enumerate(sorted(rows, key=lambda row: moment(row, now))):
        code, visitor, at = _code(story, row).code, f"{VISITOR}{number}", moment(row, now)
        trace.scan(code=code, visitor=visitor, area_code=row["area"], locale=row["locale"], counts=True, now=at)
        if "point" in row:
            latitude, longitude = row["point"]
            trace.say_where(code=code, visitor=visitor, latitude=latitude, longitude=longitude, now=at)
    trace.suspect(now=max((moment(row, now) for row in rows), default=now) + LOOKED_AFTER)


def _recall(story: Row, row: Row, *, asked_at: datetime) -> None:
    """Take lots back: drafted, started and, where it took a third time, ended, so many minutes after the question was put."""
    owner = Organisation.objects.get(key=story["maker"])
    by, minutes = staff_of(owner), [asked_at + timedelta(minutes=took) for took in row["took_minutes"]]
    recall = trace.draft_recall(
        owner=owner,
        lot_ids=[lot_named(story["story"], name).pk for name in row["lots"]],
        reason=row["reason"]["zh"],
        what_to_do=row["what_to_do"]["zh"],
        is_drill=row.get("is_drill", False),
        asked_at=asked_at,
        key=key_of("recall", f"{story['story']} {row['key']}"),
        by=by,
        now=minutes[0],
    )
    Recall.objects.filter(pk=recall.pk).update(i18n=translations(reason=words(row["reason"]), what_to_do=words(row["what_to_do"])))
    trace.start_recall(recall=recall, by=by, now=minutes[1])
    while trace.open_recall_cases(now=minutes[1] + CASES_AFTER):
        pass
    for ended_at in minutes[2:]:
        trace.end_recall(recall=recall, by=by, now=ended_at)
