"""Filling an empty house with the demo region. Loading twice does no harm: what is there is left as it is."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import transaction

from teahorse.carriers.models import CarrierTariff
from teahorse.demo.afterwards import load_afterwards
from teahorse.demo.books import book_past, load_fees, open_books
from teahorse.demo.cases import load_cases
from teahorse.demo.drafts import load_drafts
from teahorse.demo.fleet import load_driven, load_fleet, load_network, load_run
from teahorse.demo.flows import load_flows
from teahorse.demo.goods import load_goods
from teahorse.demo.harvests import end_harvests, open_harvests
from teahorse.demo.keys import key_of
from teahorse.demo.papers import ask_for_papers, load_issuers
from teahorse.demo.past_orders import load_past_orders
from teahorse.demo.payouts import load_payouts
from teahorse.demo.promotions import load_promotions
from teahorse.demo.provider import keep_bills
from teahorse.demo.reading import Row, read, translated
from teahorse.demo.stories import load_stories
from teahorse.demo.writing import write_missing
from teahorse.logistics.models import FreightRate, FreightZone, FreightZoneArea
from teahorse.payments.models import ProviderBill
from teahorse.people.models import Grant, Membership, Organisation, Person, ServicePoint
from teahorse.places import actions as places
from teahorse.places.models import Area

BEGAN_BEFORE = timedelta(days=400)
"""Everybody was there when the first order came."""


@transaction.atomic
def load_demo(*, now: datetime) -> None:
    """Load areas, people, organisations, goods, freight rates, some orders of the last days and what is on offer; harmless twice."""
    if not Area.objects.exists():
        national = places.NATIONAL_TREE if places.NATIONAL_TREE.exists() else None
        places.load_areas(today=now.date(), national=national)
    began_at = now - BEGAN_BEFORE
    load_people(joined_at=began_at)
    load_organisations(joined_at=began_at)
    load_rights(since_at=began_at)
    load_freight()
    load_tariffs()
    load_goods(now=now)
    load_drafts(now=now)
    load_promotions(now=now)
    load_fees(now=now)
    load_issuers(now=now)
    load_flows(now=began_at)
    load_network()
    load_fleet(now=began_at)
    if not ProviderBill.objects.exists():  # a house whose days are billed has a past of its own, and it cannot be added to
        load_driven(now=now)
        load_past(now=now)
        load_run(now=now)


def load_past(*, now: datetime) -> None:
    """Have what happened, from the barley in the field over the first order to the provider's bills; only once in a house."""
    load_stories(now=now)
    open_books(now=now)
    open_harvests(now=now)
    load_past_orders(now=now)
    end_harvests(now=now)
    load_cases(now=now)
    load_afterwards(now=now)
    book_past(now=now)
    load_payouts(now=now)
    keep_bills(now=now)
    ask_for_papers(now=now)


def e164(phone: str) -> str:
    """Return a phone of the content as the house keeps it."""
    return f"+86{phone}"


def load_people(*, joined_at: datetime) -> None:
    """Write the persons who can log in; those with a password share it, and so its digest, which is slow to make."""
    rows = read("people.toml")["person"]
    known = set(Person.objects.values_list("phone", flat=True))
    missing = [row for row in rows if e164(row["phone"]) not in known]
    digests = {password: make_password(password) for password in {row["password"] for row in missing if "password" in row}}
    write_missing(Person, (_person(row, digests.get(row.get("password", ""), make_password(None)), joined_at) for row in missing))


def _person(row: Row, digest: str, joined_at: datetime) -> Person:
    return Person(
        id=key_of("person", row["key"]),
        phone=e164(row["phone"]),
        is_phone_verified=True,
        name=row["name"],
        locale=row["locale"],
        password=digest,
        joined_at=joined_at,
    )


def load_organisations(*, joined_at: datetime) -> None:
    """Write centres, stations, points and sellers, and the service points where they serve people."""
    content = read("organisations.toml")
    areas = areas_by_code(row["area"] for row in content["organisation"])
    phones = _telephones()
    write_missing(
        Organisation,
        (_organisation(row, areas[row["area"]], joined_at, phone=phones.get(row["key"], "")) for row in content["organisation"]),
    )
    homes = {row["key"]: areas[row["area"]] for row in content["organisation"]}
    write_missing(ServicePoint, (_service_point(row, homes[row["organisation"]]) for row in content["service_point"]))


def _telephones() -> dict[str, str]:
    """Return by organisation the number under which it is called: its first manager's."""
    found: dict[str, str] = {}
    for person in read("people.toml")["person"]:
        for membership in person["memberships"]:
            if membership["role"] == Membership.Role.MANAGER:
                found.setdefault(membership["organisation"], e164(person["phone"]))
    return found


def areas_by_code(codes: Iterable[str]) -> dict[str, Area]:
    """Return the living areas of some codes."""
    return {area.code: area for area in Area.objects.filter(code__in=set(codes), until_date=None)}


def _organisation(row: Row, area: Area, joined_at: datetime, *, phone: str) -> Organisation:
    return Organisation(
        id=key_of("organisation", row["key"]),
        county_id=area.county_id,
        key=row["key"],
        kind=row["kind"],
        area=area,
        phone=phone,
        joined_at=joined_at,
        **translated(name=row["name"], about=row["about"]),
    )


def _service_point(row: Row, area: Area) -> ServicePoint:
    return ServicePoint(
        id=key_of("service_point", row["organisation"]),
        county_id=area.county_id,
        organisation_id=key_of("organisation", row["organisation"]),
        level=row["level"],
        area=area,
        address_line=row["address_line"],
        latitude=row["lat"],
        longitude=row["lon"],
        is_point_invented=row["invented"],
        hours=row["hours"],
        accepts_pickup=row["accepts_pickup"],
        takes_cash=row["takes_cash"],
        **translated(name=row["name"]),
    )


def load_rights(*, since_at: datetime) -> None:
    """Write who acts for which organisation, and which organisation lets another one act for it."""
    people = read("people.toml")["person"]
    write_missing(Membership, (_membership(person, row, since_at) for person in people for row in person["memberships"]))
    write_missing(Grant, (_grant(row, since_at) for row in read("organisations.toml")["grant"]))


def _membership(person: Row, row: Row, since_at: datetime) -> Membership:
    return Membership(
        id=key_of("membership", f"{person['key']} {row['organisation']}"),
        person_id=key_of("person", person["key"]),
        organisation_id=key_of("organisation", row["organisation"]),
        role=row["role"],
        since_at=since_at,
    )


def _grant(row: Row, since_at: datetime) -> Grant:
    return Grant(
        id=key_of("grant", f"{row['from']} {row['to']} {row['right']}"),
        grantor_id=key_of("organisation", row["from"]),
        grantee_id=key_of("organisation", row["to"]),
        right=row["right"],
        since_at=since_at,
    )


def load_freight() -> None:
    """Write the zones and the freight rates: the lanes of the content, and one within each county that has a seller."""
    content = read("freight.toml")
    zones = {row["name"]: key_of("zone", row["name"]) for row in content["zone"]}
    write_missing(FreightZone, (FreightZone(id=key, name=name) for name, key in zones.items()))
    write_missing(
        FreightZoneArea,
        (
            FreightZoneArea(id=key_of("zone area", f"{row['name']} {code}"), zone_id=zones[row["name"]], area_code=code)
            for row in content["zone"]
            for code in row["codes"]
        ),
    )
    payers = dict(Organisation.objects.filter(key__in=[row["payer"] for row in content["lane"] if "payer" in row]).values_list("key", "pk"))
    sellers = (row["area"] for row in read("organisations.toml")["organisation"] if row["kind"] in Organisation.SELLERS)
    within = [{"from": county, "to": county, **content["within_county"]} for county in sorted({area[:6] for area in sellers})]
    write_missing(FreightRate, (_rate(row, zones, payers) for row in [*content["lane"], *within]))


def load_tariffs() -> None:
    """Write what carriers charge: the rows of the content."""
    for carrier, table in read("tariffs.toml").items():
        write_missing(CarrierTariff, (_tariff(carrier, *row) for row in table["rows"]))


def _tariff(
    carrier: str, service: str, to: str, first_kg: int, first_yuan: int, step_kg: int, step_yuan: int, cm3_per_kg: int, days: int
) -> CarrierTariff:
    return CarrierTariff(
        id=key_of("tariff", f"{carrier} {service} {to}"),
        carrier=carrier,
        service=service,
        destination_code=to,
        first_grams=first_kg * 1000,
        first_fen=first_yuan * 100,
        step_grams=step_kg * 1000,
        step_fen=step_yuan * 100,
        cm3_per_kg=cm3_per_kg or None,
        days=days,
    )


def _rate(row: Row, zones: Mapping[str, UUID], payers: Mapping[str, UUID]) -> FreightRate:
    return FreightRate(
        id=key_of("freight", f"{row['from']} {row.get('to', row.get('to_zone'))}"),
        origin_code=row["from"],
        destination_code=row.get("to", ""),
        destination_zone_id=zones[row["to_zone"]] if "to_zone" in row else None,
        first_kg_fen=row["first_kg_fen"],
        further_kg_fen=row["further_kg_fen"],
        cm3_per_kg=row.get("cm3_per_kg"),
        free_from_fen=row["free_from_fen"],
        subsidy_basis_points=row.get("subsidy", 0),
        subsidy_payer_id=payers[row["payer"]] if "payer" in row else None,
        days_min=row["days_min"],
        days_max=row["days_max"],
    )
