"""A schedule is due when a clock says so."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from teahorse.trace.epcis.schedules import NotASchedule, schedule_of

BEIJING = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("told", "after", "due"),
    [
        ({"hour": "1", "minute": "5"}, "2026-11-22T00:00:00", "2026-11-22T01:05:00"),
        ({"hour": "1", "minute": "5"}, "2026-11-22T01:05:00", "2026-11-23T01:05:00"),
        ({"second": "0/30"}, "2026-11-22T00:00:01", "2026-11-22T00:00:30"),
        ({"second": "0/30"}, "2026-11-22T23:59:30", "2026-11-23T00:00:00"),
        ({"minute": "*/15"}, "2026-11-22T00:15:00", "2026-11-22T00:30:00"),
        ({"hour": "[8-18]", "dayOfWeek": "[1-5]"}, "2026-11-20T18:00:00", "2026-11-23T08:00:00"),
        ({"dayOfMonth": "1"}, "2026-11-22T00:00:00", "2026-12-01T00:00:00"),
        ({"dayOfMonth": "29", "month": "2"}, "2026-11-22T00:00:00", "2028-02-29T00:00:00"),
        ({"minute": "5,35", "hour": "3-4"}, "2026-11-22T03:06:00", "2026-11-22T03:35:00"),
        ({"dayOfWeek": "7", "hour": ""}, "2026-11-22T12:00:00", "2026-11-29T00:00:00"),
    ],
)
def test_it_is_due_next(told, after, due):
    moment = datetime.fromisoformat(after).replace(tzinfo=BEIJING)

    assert schedule_of(told).after(moment) == datetime.fromisoformat(due).replace(tzinfo=BEIJING)


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({}, ""),
        ({"hour": ""}, ""),
        ({"year": "2026"}, "year"),
        ({"hour": "24"}, "hour"),
        ({"minute": "x"}, "minute"),
        ({"minute": "30-10"}, "minute"),
        ({"minute": "*/0"}, "minute"),
        ({"dayOfWeek": "0"}, "dayOfWeek"),
        ({"dayOfMonth": "30", "month": "2"}, ""),
    ],
)
def test_a_schedule_that_cannot_be_read_or_never_comes_is_refused(told, field):
    with pytest.raises(NotASchedule) as refused:
        schedule_of(told).after(datetime(2026, 11, 22, tzinfo=BEIJING))

    assert refused.value.field == field
