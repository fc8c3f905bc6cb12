"""A county's roads and vehicles, days that were driven, and a run that was given out: enough for a driver's day on a phone."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from teahorse.carriers.accounts import can_book
from teahorse.common.times import HOME
from teahorse.demo.keys import key_of
from teahorse.demo.reading import Row, read, translated
from teahorse.demo.writing import write_missing
from teahorse.logistics import actions as logistics
from teahorse.logistics.carriers import NETWORK
from teahorse.logistics.models import Scan, Unit
from teahorse.network.actions import lay_road
from teahorse.network.models import Line, LineCall, Node, Pass, Road
from teahorse.orders.actions import hand_to_carrier
from teahorse.people.models import Organisation, Person, ServicePoint
from teahorse.places.models import Area
from teahorse.places.queries import full_name
from teahorse.runs import actions
from teahorse.runs.models import Handling, Run, Stop, Vehicle

LAST_HOUR = 11
"""A house that is filled later than this drives tomorrow."""
PLANNED_AT, BEGINS, ENDS = time(8), time(8, 30), time(18, 30)
RECEIVED_AT = time(7)
SINCE = date(2026, 1, 1)
FIRST_S, APART_S = 0.5, 0.3
TAKES_ON = "sf"


def load_network() -> None:
    """Write the nodes, passes, roads and lines of the content; what is there is left as it is."""
    content = read("fleet.toml")
    points = {
        point.organisation.key: point
        for point in ServicePoint.objects.filter(organisation__key__in=content["heights_m"]).select_related("organisation", "area")
    }
    write_missing(Node, (_node(key, points[key], height) for key, height in content["heights_m"].items()))
    county = points[content["centre"]].county_id
    write_missing(
        Pass,
        (
            Pass(
                id=key_of("pass", row["key"]),
                county_id=county,
                height_m=row["height_m"],
                closes_on=row["closes_on"],
                closes_until=row["closes_until"],
                **translated(name=row["name"]),
            )
            for row in content["pass"]
        ),
    )
    write_missing(Node, (_hub(row, county) for row in content["hub"]))
    if not Road.objects.filter(county_id=county).exists():
        for row in content["road"]:
            _lay(row)
    for row in content["line"]:
        _run(row, county)


def _node(key: str, point: ServicePoint, height_m: int) -> Node:
    if point.latitude is None or point.longitude is None:
        msg = f"{key} lies nowhere"
        raise ValueError(msg)
    return Node(
        id=key_of("node", key),
        county_id=point.county_id,
        kind=Node.Kind.SERVICE_POINT,
        name=point.name,
        i18n=point.i18n,
        service_point=point,
        area=point.area,
        latitude=point.latitude,
        longitude=point.longitude,
        height_m=height_m,
    )


def _hub(row: Row, county: UUID) -> Node:
    place = {name: row[name] for name in ("kind", "latitude", "longitude", "height_m")}
    area = Area.objects.get(code=row["area"], until_date=None)
    return Node(id=key_of("node", row["key"]), county_id=county, area=area, **place, **translated(name=row["name"]))


def _run(row: Row, county: UUID) -> None:
    """Write a line with its calls; minutes are those of the day at which it leaves, or comes where it ends."""
    line, is_new = Line.objects.get_or_create(
        pk=key_of("line", row["key"]),
        defaults={
            "county_id": county,
            "mode": row["mode"],
            "weekdays": row["weekdays"],
            "valid_from": SINCE,
            "capacity_grams": row["most_grams"],
            "capacity_cm3": row["most_cm3"],
            "cost_fixed_fen": row["fixed_fen"],
            "cost_per_kg_fen": row["fen_per_kg"],
            **translated(name=row["name"]),
        },
    )
    if is_new:
        for place, (key, minute, cutoff) in enumerate(row["calls"]):
            node = Node.objects.get(pk=key_of("node", key))
            times = {"arrives_minute": minute, "departs_minute": minute, "cutoff_minutes": cutoff}
            LineCall.objects.create(county_id=county, line=line, place=place, node=node, **times)


def _lay(row: Row) -> None:
    start, end = (Node.objects.get(pk=key_of("node", key)) for key in row["between"])
    over = [Pass.objects.get(pk=key_of("pass", row["over"]))] if "over" in row else []
    lay_road(start=start, end=end, road_class=Road.Class(row["class"]), is_narrow=row.get("is_narrow", False), passes=over)


def load_fleet(*, now: datetime) -> None:
    """Write the vehicles of the content; one whose plate is known is left as it is."""
    content = read("fleet.toml")
    centre = _centre(content)
    for row in content["vehicle"]:
        if not Unit.objects.filter(code="".join(row["plate"].split())).exists():
            actions.keep_vehicle(centre=centre, draft=actions.VehicleDraft(**row), now=now)


def load_driven(*, now: datetime) -> None:
    """Have the van driven on some of the last days: planned in the morning, told stop by stop a little later than planned, home again."""
    content = read("fleet.toml")
    today = now.astimezone(HOME).date()
    for row in content["driven"]:
        day = today - timedelta(days=row["days_ago"])
        for parcel in row["parcel"]:
            _wait(parcel, now=datetime.combine(day, BEGINS, tzinfo=HOME))
        for run in _give_out(content, day=day, now=datetime.combine(day, PLANNED_AT, tzinfo=HOME)):
            _drive(run, late=timedelta(minutes=row["late_minutes"]))


def load_run(*, now: datetime) -> None:
    """Have parcels wait in the county, the van driven, and the day planned and given out: today, or tomorrow where the morning is over."""
    content = read("fleet.toml")
    here = now.astimezone(HOME)
    for row in content["parcel"]:
        _wait(row, now=now)
    _give_out(content, day=here.date() + timedelta(days=here.hour > LAST_HOUR), now=now)


def _give_out(content: Row, *, day: date, now: datetime) -> list[Run]:
    """Have the first vehicle driven on a day, plan it and give it out."""
    centre = _centre(content)
    driver, planner = (Person.objects.get(pk=key_of("person", content[who])) for who in ("driver", "planner"))
    begins, ends = (datetime.combine(day, moment, tzinfo=HOME) for moment in (BEGINS, ENDS))
    van = Vehicle.objects.get(centre=centre, unit__code="".join(content["vehicle"][0]["plate"].split()))
    actions.give_shift(vehicle=van, driver=driver, begins_at=begins, ends_at=ends, now=now)
    plan = actions.ask_plan(centre=centre, day=day, by=planner, now=now)
    found = actions.search_plan(plan_id=plan.pk, first_s=FIRST_S, final_s=0, apart_s=APART_S, now=now)
    return actions.release_plan(plan=found, by=planner, now=now)


def _drive(run: Run, *, late: timedelta) -> None:
    """Tell every stop of a run as done, so much later than planned."""
    for stop in Stop.objects.filter(run=run).order_by("number"):
        when = stop.leaves_at + late
        things = [actions.ToldThing(one.pk, Handling.Outcome.DONE) for one in stop.handlings.all()]
        told = actions.Told(key=key_of("told stop", str(stop.pk)), happened_at=when, things=things, code=stop.code)
        actions.tell_stop(stop_id=stop.pk, told=told, by=run.driver, now=when)


def _centre(content: Row) -> ServicePoint:
    return _point(content["centre"])


def _point(key: str) -> ServicePoint:
    return ServicePoint.objects.select_related("organisation", "area").get(pk=key_of("service_point", key))


def _wait(row: Row, *, now: datetime) -> None:
    """Pack a parcel that came to a place some days ago: to be fetched somewhere, or to be taken on by a partner from the centre."""
    place, goal = _point(row["at"]), _point(row["to"]) if "to" in row else None
    area = Area.objects.get(code=row["area"], until_date=None) if "area" in row else (goal or place).area
    when = datetime.combine(now.astimezone(HOME).date() - timedelta(days=row["days"]), RECEIVED_AT, tzinfo=HOME)
    parcel = logistics.pack(
        draft=logistics.ParcelDraft(
            reference=key_of("waiting parcel", f"{row['sender']} {row['at']} {row.get('to', row.get('area', ''))} {row['grams']}"),
            weight_grams=row["grams"],
            carrier=NETWORK if goal else TAKES_ON,
        ),
        sender=Organisation.objects.get(pk=key_of("organisation", row["sender"])),
        recipient=logistics.Recipient(
            name="演示买家",
            phone="+8619900001001",
            area_code=area.code,
            area_names=full_name(area.code, "zh-hans"),
            line="",
            pickup_point=goal,
        ),
        now=when,
    )
    if goal is None and can_book(carrier=TAKES_ON, organisation_id=parcel.sender_id):
        hand_to_carrier(parcel=parcel, carrier=TAKES_ON, now=when)
    received = logistics.ScanDraft(parcel_number=parcel.number, act=Scan.Act.RECEIVED, happened_at=when, place=place, by=None)
    logistics.record_scans(scans=[received], now=when)
