"""A maker at her phone, a buyer in the mall and whoever holds the goods afterwards: each does her part by the pages alone."""

import io
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec
import zxingcpp
from django.conf import settings
from django.test import Client
from django.utils import timezone
from PIL import Image

from teahorse.catalog.models import Category, Offer, Product
from teahorse.common import keeping
from teahorse.common.ids import from_short, new_id, short
from teahorse.orders import actions as orders
from teahorse.orders.models import OrderGroup, SellerOrder
from teahorse.payments import actions as payments
from teahorse.people import actions as people
from teahorse.people.models import Organisation
from teahorse.trace import actions
from teahorse.trace.actions import labelling
from teahorse.trace.actions.publishing import signer_of_house
from teahorse.trace.models import Certificate, LabelSheet, Lot, Site, Telling
from teahorse.trace.tlog.proofs import Proof
from tests import world as people_of
from tests.mall.world import confirmed, group_id_of, offer_of
from tests.trace.recipes import published

PHONE = "Mozilla/5.0 (Linux; Android 13) MicroMessenger/8.0"


@dataclass
class Maker:
    """A maker who tells, labels and packs by the pages of the workbench."""

    house: Organisation
    flow: str
    browser: Client = field(init=False)

    def __post_init__(self) -> None:
        centre = Organisation.objects.get(key="centre-qonggyai")
        published(self.flow, centre=centre, now=timezone.now())
        person = people_of.person("+8619900071001", name="掌柜")
        people.give_membership(person=person, organisation=self.house, role="manager", now=timezone.now())
        self.browser = Client(headers={"accept-language": "en"})
        self.browser.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])

    def _send(self, path: str, **typed: Any):
        answer = self.browser.post(f"/console/{self.house.key}/{path}", typed)
        assert answer.status_code == 302, answer.content.decode()
        return answer["Location"]

    def read(self, path: str) -> str:
        """Return a page of the workbench as it is read, without its marks."""
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.browser.get(f"/console/{self.house.key}/{path}").content.decode()))

    def site(self, name: str, **typed: Any) -> Site:
        """Write a place down."""
        self._send("trace/sites/", name=name, area=self.house.area.code, **{"kind": "workshop", "shown_as": "township", **typed})
        return Site.objects.get(name=name)

    def tell(self, step: str, *, takes: dict[Lot, Any] | None = None, **typed: Any) -> Telling:
        """Tell a step; of the lots that it takes so much, or all that is left."""
        named = {name.replace("__", "."): value for name, value in typed.items()}
        amounts = {f"amount.{lot.pk}": str(amount) for lot, amount in (takes or {}).items() if amount is not None}
        form = {"key": str(uuid4()), "take": [str(lot.pk) for lot in takes or ()], **amounts, **named}
        where = self._send(f"trace/tell/{self.flow}/{step}/", **form)
        return Telling.objects.get(pk=from_short(where.rstrip("/").rsplit("/", 1)[-1]))

    def shelve(self, lot: Lot, offer: Offer, units: int) -> None:
        """Put units of a lot on the shelf of the mall."""
        self._send(f"trace/lots/{short(lot.pk)}/shelve/", variant=str(offer.variant_id), units=str(units), form_key=str(new_id()))

    def certify(self, kind: str, number: str, *lots: Lot) -> None:
        """Write a paper down that somebody else has issued."""
        day = f"{timezone.localtime():%F}"
        form = {"kind": kind, "number": number, "issuer": "演示检验所", "issued_date": day, "of": [str(lot.pk) for lot in lots]}
        self._send("trace/certificates/", **form)

    def commit(self, lot: Lot) -> Certificate:
        """Issue a lot's commitment certificate."""
        self._send(f"trace/lots/{short(lot.pk)}/commit/")
        return lot.certificates.get(kind="commitment")

    def labels(self, lot: Lot, folder: Path, **wish: Any) -> list[str]:
        """Ask for labels, have the job make them, print them; return what a scanner reads on the paper, each text once."""
        form = {"form_key": str(new_id()), "lot": short(lot.pk), "form": "roll_40x30", "level": "piece", "count": "2", **wish}
        where = self._send("trace/labels/", **form)
        labelling.make_sheet(sheet_id=LabelSheet.objects.get(lot=lot).pk, now=timezone.now())
        printed = self.browser.post(f"{where}print/")
        (folder / "labels.pdf").write_bytes(printed.content)
        subprocess.run(["pdftoppm", "-r", "203", "-gray", "-png", "labels.pdf", "label"], cwd=folder, check=True)
        pages = [Image.open(io.BytesIO(page.read_bytes())) for page in sorted(folder.glob("label*.png"))]
        return list(dict.fromkeys(found.text for page in pages for found in zxingcpp.read_barcodes(page)))

    def pack(self, order: SellerOrder, *, lot: Lot | None = None, codes: str = "") -> None:
        """Pack an order of one line from a lot, or by the codes on its pieces; the worker hears of it."""
        line = order.lines.get()
        typed = {f"lot.{line.pk}.{lot.pk}": str(line.quantity)} if lot else {f"codes.{line.pk}": codes}
        self._send("ship/pack/", order=str(order.pk), **{f"weight.{order.pk}": "1.5", f"carrier.{order.pk}": "network"}, **typed)
        actions.take_lots_of_packed(order_ids=[order.pk], now=timezone.now())


def lot_of(telling: Telling, part: str) -> Lot:
    """Return a lot that came of a telling."""
    return Lot.objects.select_related("item").get(pk=telling.said["given"][part])


def goods(maker: Organisation, title: str) -> Offer:
    """Return a maker's goods of which nothing is on the shelf yet."""
    made = Product.objects.create(
        county_id=maker.county_id, seller=maker, category=Category.objects.get(), title=title, drawing="wine", origin_area=maker.area,
        is_traceable=True, published_at=timezone.now(),
    )  # fmt: skip
    return offer_of(made, "一份", price_fen=4800, grams=500, units=0)


def bought(offer: Offer, units: int = 1) -> SellerOrder:
    """Return an order that a guest has placed in the mall and paid."""
    guest = Client(HTTP_SEC_FETCH_SITE="same-origin")
    guest.post(f"/goods/{short(offer.variant.product_id)}/", {"offer": short(offer.pk), "quantity": str(units), "do": "cart"})
    group = OrderGroup.objects.get(pk=group_id_of(guest.post("/checkout/", confirmed(guest))))
    payment = orders.start_payment(group=group, provider="cash", method="counter", now=timezone.now())
    payments.take_cash(payment_id=payment.pk, by_id=people_of.person().pk, now=timezone.now())
    orders.take_payments(payment_ids=[payment.pk], now=timezone.now())
    return SellerOrder.objects.get(group=group)


def scanned(text: str):
    """Return the page that a phone opens for what a scanner read, as the story is at this moment."""
    keeping.forget_all()
    phone = Client(headers={"user-agent": PHONE, "accept-language": "en"})
    answer = phone.get(urlsplit(text).path)
    return phone.get(answer["Location"]) if answer.status_code == 307 else answer


def proved(page) -> int:
    """Verify the proof of each step of a scanned page against the log's signed checkpoint; return how many were proved."""
    actions.publish(now=timezone.now())
    code, visitor = page.request["PATH_INFO"].rsplit("/", 1)[-1], Client(headers={"user-agent": PHONE})
    steps = page.context["told"].steps
    for step in steps:
        answer = visitor.get(f"/t/{code}/proof/{step.hash.replace('?', '%3F')}")
        proof = Proof.read(answer.content.decode())
        assert msgspec.json.decode(proof.extra)["event"] == step.hash
        proof.verify(proof.extra, keys=[signer_of_house().verifier])
    return len(steps)
