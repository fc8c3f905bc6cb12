"""
Three stories told from the beginning, by the real actions, each at its time: a barley wine's, dried yak meat's and a rug's.

Places, steps, certificates, units on the shelf and labels come before the first order; what was packed, scanned and taken back comes
after the orders (:mod:`.afterwards`).
"""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from teahorse.catalog.content import translations
from teahorse.catalog.models import Variant
from teahorse.common.times import HOME
from teahorse.demo.keys import key_of
from teahorse.demo.reading import CONTENT, Row, read, words
from teahorse.demo.routes import staff_of
from teahorse.demo.scenes import scene_file
from teahorse.demo.story_papers import SaidOnPaper, paper_pdf
from teahorse.logistics.models import Parcel
from teahorse.orders.models import OrderLine, SellerOrder
from teahorse.people.models import Organisation, Person
from teahorse.places.models import Area
from teahorse.trace import actions as trace
from teahorse.trace.actions import labelling
from teahorse.trace.answers import Answers, Given, Household, Paper, Taken
from teahorse.trace.models import Attachment, Flow, LabelCode, LabelSheet, Lot, Site, Telling
from teahorse.trace.queries.tellings import flow_for

FOLDER = "told"
IN_THE_MORNING = 10
SITE_TEXTS = ("name", "ground", "water", "about")
GOES_TO_THE_SHELF_AFTER = timedelta(hours=3)
COMMITTED_AFTER = timedelta(hours=2)


def told_stories() -> Iterator[Row]:
    """Return the stories of the content."""
    for path in sorted((CONTENT / FOLDER).glob("*.toml")):
        yield read(f"{FOLDER}/{path.name}")


def load_stories(*, now: datetime) -> None:
    """Tell the stories of the content as far as they go before anybody orders."""
    for row in told_stories():
        _Story(row, now).live()


def moment(row: Row, now: datetime) -> datetime:
    """Return when something of the content happened: so many days ago, at an hour of the day there."""
    day = now.astimezone(HOME) - timedelta(days=row["days_ago"])
    return day.replace(hour=row.get("hour", IN_THE_MORNING), minute=row.get("minute", 0), second=0, microsecond=0)


def lot_named(story: str, name: str) -> Lot:
    """Return a lot of a story by the step that gave it; ``step.part`` where it gave several."""
    step, _dot, part = name.partition(".")
    given = Telling.objects.get(pk=key_of("telling", f"{story} {step}")).said["given"]
    return Lot.objects.select_related("item", "seller").get(pk=given[part] if part else next(iter(given.values())))


def sheet_named(story: str, name: str) -> LabelSheet:
    """Return a story's sheet of labels."""
    return LabelSheet.objects.defer("pdf").select_related("lot").get(form_key=key_of("labels", f"{story} {name}"))


@dataclass(frozen=True)
class _Story:
    row: Row
    now: datetime

    def live(self) -> None:
        """Bring the maker's part of the story about, one thing after the other as it happened."""
        self._name_places()
        happened: list[tuple[datetime, Callable[[Row, datetime], object], Row]] = [
            (moment(row, self.now), act, row)
            for kind, act in (("step", self._tell), ("certificate", self._certify), ("labels", self._label))
            for row in self.row[kind]
        ]
        for at, act, row in sorted(happened, key=lambda one: one[0]):
            act(row, at)

    @cached_property
    def _maker(self) -> Organisation:
        return Organisation.objects.select_related("area").get(key=self.row["maker"])

    @cached_property
    def _by(self) -> Person:
        return staff_of(self._maker)

    @cached_property
    def _flow(self) -> Flow:
        flow = flow_for(self._maker, self.row["flow"])
        if flow is None:
            raise LookupError(self.row["flow"])
        return flow

    @cached_property
    def _sites(self) -> dict[str, Site]:
        return {}

    @cached_property
    def _lots(self) -> dict[str, Lot]:
        return {}

    def _lot(self, name: str) -> Lot:
        if name not in self._lots:
            self._lots[name] = lot_named(self.row["story"], name)
        return self._lots[name]

    def _key(self, kind: str, name: str) -> UUID:
        return key_of(kind, f"{self.row['story']} {name}")

    def _name_places(self) -> None:
        for row in self.row["site"]:
            owner = Organisation.objects.get(key=row["owner"]) if "owner" in row else self._maker
            texts = {name: words(row[name]) for name in SITE_TEXTS if name in row}
            said = trace.SiteSaid(
                kind=row["kind"],
                **{name: text["zh-hans"] for name, text in texts.items()},
                height_m=row["height_m"],
                latitude=row.get("latitude"),
                longitude=row.get("longitude"),
                shown_as=row["shown_as"],
            )
            site = trace.add_site(owner=owner, area=Area.objects.get(code=row["area"], until_date=None), said=said)
            site.i18n = translations(**texts)
            site.save(update_fields=["i18n"])
            self._sites[row["key"]] = site

    def _tell(self, row: Row, at: datetime) -> None:
        telling = trace.tell_step(
            key=self._key("telling", row["key"]),
            seller=self._maker,
            flow=self._flow,
            step=row["step"],
            answers=self._answers(row),
            site=self._sites[row["site"]],
            attachments=self._pictures(row, at),
            by=self._by,
            now=at,
        )
        if row.get("is_committed"):
            trace.commit_lot(lot=self._lot(row["key"]), by=self._by, now=at + COMMITTED_AFTER)
        if "shelf" in row:
            lot, variant = (
                self._lot(row["key"]),
                Variant.objects.select_related("product").get(pk=key_of("variant", row["shelf"]["variant"])),
            )
            trace.sell_as(item=lot.item, variant=variant)
            lot.item.variant = variant
            trace.shelve(lot=lot, units=row["shelf"]["units"], by=self._by, now=at + GOES_TO_THE_SHELF_AFTER, reference=telling.event_id)

    def _pictures(self, row: Row, at: datetime) -> list[Attachment]:
        if "scene" not in row:
            return []
        key, file = self._key("telling", row["key"]), scene_file(row["scene"])
        return [trace.keep_attachment(owner=self._maker, telling_key=key, kind=Attachment.Kind.PHOTO, file=file, by=self._by, now=at)]

    def _answers(self, row: Row) -> Answers:
        serials = row.get("serials", {})
        days = {key: (self.now.astimezone(HOME) - timedelta(days=ago)).date().isoformat() for key, ago in row.get("days", {}).items()}
        return Answers(
            takes=tuple(self._taken(*taken) for taken in row.get("takes", ())),
            gives=tuple(Given(part, _decimal(amount), tuple(serials.get(part, ()))) for part, amount in row.get("gives", {}).items()),
            households=tuple(Household(name, _decimal(amount)) for name, amount in row.get("households", ())),
            values={**row.get("values", {}), **days},
            papers=tuple(Paper(kind, number) for kind, number in row.get("papers", ())),
            process=self._key("telling", row["process"]) if "process" in row else None,
            is_last=row.get("is_last", False),
            to=row.get("to", ""),
            note=row.get("note", ""),
        )

    def _taken(self, name: str, amount: float | None = None) -> Taken:
        return Taken(self._lot(name).pk, None if amount is None else _decimal(amount))

    def _certify(self, row: Row, at: datetime) -> None:
        """Write a certificate down with its paper; it vouches for what is made of its lots later too."""
        said = SaidOnPaper(
            kind=row["kind"],
            number=row["number"],
            issuer=row["issuer"],
            holder=self._maker,
            issued_date=at.date(),
            valid_until=(at + timedelta(days=row["valid_days"])).date() if "valid_days" in row else None,
            lots=[self._lot(name) for name in row.get("lots", ())],
        )
        trace.add_certificate(**vars(said), file=io.BytesIO(paper_pdf(said)), by=self._by, now=at)

    def _label(self, row: Row, at: datetime) -> None:
        sheet = labelling.ask_labels(
            seller=self._maker,
            lot_id=self._lot(row["lot"]).pk,
            form=row["form"],
            level=row["level"],
            count=row["count"],
            has_hidden=row.get("has_hidden", False),
            by=self._by,
            form_key=self._key("labels", row["key"]),
            now=at,
        )
        labelling.make_sheet(sheet_id=sheet.pk, now=at)
        labelling.take_to_print(seller=self._maker, sheet_id=sheet.pk, by=self._by, now=at + timedelta(minutes=5))


def _decimal(amount: float) -> Decimal:
    return Decimal(str(amount))


def pack_lots(*, order: SellerOrder, parcel: Parcel, lots: Mapping[str, Row], now: datetime) -> None:
    """Let a parcel know its lots: of a line those that the content names, else what expires first."""
    lines: dict[Any, OrderLine] = {line.offer_id: line for line in OrderLine.objects.filter(order=order)}
    chosen = {lines[key].pk: _chosen(row, lines[key]) for variant, row in lots.items() if (key := key_of("offer", variant)) in lines}
    if chosen:
        trace.take_lots(order=order, parcel=parcel, chosen=chosen, by_id=staff_of(order.seller).pk, now=now)
    trace.take_lots_of_packed(order_ids=[order.pk], now=now)


def _chosen(row: Row, line: OrderLine) -> trace.Chosen:
    if "labels" in row:
        codes = LabelCode.objects.filter(sheet=sheet_named(row["story"], row["labels"])).order_by("position")[: line.quantity]
        return trace.Chosen(codes=[code.code for code in codes])
    return trace.Chosen(lots={lot_named(row["story"], row["lot"]).pk: line.quantity})
