"""
Three counties with everything in them that nobody from outside may see or change, and persons who try.

Every private text of a side holds its mark, which is never sent in a request: an answer that holds it has shown it.
"""

import io
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from PIL import Image

from teahorse.aftersales import actions as aftersales
from teahorse.aftersales.models import AfterSaleCase, CasePhoto
from teahorse.carriers.actions import claim, consign
from teahorse.carriers.models import BillLine, CarrierAccount, CarrierBill, CarrierClaimPaper, Consignment, Manifest
from teahorse.carriers.providers import Party
from teahorse.catalog import actions as catalog
from teahorse.catalog.content import ProductContent, VariantContent
from teahorse.catalog.models import Product, ProductDraft
from teahorse.common.ids import new_id
from teahorse.console import actions as console
from teahorse.dossiers import actions as dossiers
from teahorse.invoices import actions as invoices
from teahorse.invoices.models import RedInvoice
from teahorse.invoices.rules import check_sign
from teahorse.logistics import actions as logistics
from teahorse.logistics.models import Oddity, Parcel
from teahorse.network.actions import close_ways
from teahorse.network.models import Pass
from teahorse.orders import actions as orders
from teahorse.orders.models import OrderGroup, SellerOrder
from teahorse.payments import actions as payments
from teahorse.payments.actions.unmatched import Unplaced, keep_unmatched
from teahorse.payments.models import CashShift, Payment, PaymentSplit, Refund, Sharing, UnmatchedMoney
from teahorse.payments.providers import Outcome
from teahorse.people import actions as people
from teahorse.people.models import Membership, Organisation, Person, ServicePoint
from teahorse.promotions import actions as promotions
from teahorse.runs import actions as runs
from teahorse.runs.models import DayPlan, Proof, Run, Stop
from teahorse.runs.planning.ground import Ground, Table
from teahorse.runs.planning.model import Day
from teahorse.runs.planning.plan import Plan
from teahorse.runs.stored import kept_day, kept_plan
from teahorse.settlement import actions as settlement
from teahorse.settlement.models import (
    BankFile,
    Difference,
    Earning,
    FeeRule,
    Maturity,
    Payout,
    SubsidyClaim,
    SubsidyClaimLine,
    SubsidyLine,
    Transfer,
)
from teahorse.stock import actions as stock
from teahorse.trace import actions as trace
from teahorse.trace.answers import Answers, Household
from teahorse.trace.epcis.reading import read
from teahorse.trace.models import Flow, Hearsay, Report, Suspicion, TraceEvent
from teahorse.trace.rules import hash_of
from tests import world
from tests.trace.labelled import asked
from tests.trace.recipes import lot_of, published
from tests.trace.telling import harvest, told

COUNTIES = {"qonggyai": "540524", "gyangze": "540222", "deqen": "533422"}


@dataclass
class Side:
    """One county's cooperative, station and centre with an order in every stage, a draft, members and keys."""

    name: str
    code: str
    mark: str
    coop: Organisation
    station: Organisation
    centre: Organisation
    point: ServicePoint
    buyer: Person
    ids: dict[str, Any] = field(default_factory=dict)
    """What can be named in an address or a form: ``order_id``, ``draft_id``, ``parcel_id`` …"""

    def order(self, name: str) -> SellerOrder:
        """Return one of its orders as it is now: ``unpaid``, ``paid``, ``packed``, ``cash``."""
        return SellerOrder.objects.select_related("group", "seller").get(pk=self.ids[name])

    @property
    def keys(self) -> set[str]:
        """Every key by which a row says that it belongs to this side."""
        own = {self.coop.pk, self.station.pk, self.centre.pk, self.buyer.pk, self.point.pk}
        return {str(key) for key in own | {value for value in self.ids.values() if isinstance(value, UUID)}}


def member(organisation: Organisation, phone: str, *, role: str = "manager", name: str = "") -> Person:
    """Return a person who acts for an organisation."""
    made = world.person(phone, name=name or f"{organisation.key} 的人")
    people.give_membership(person=made, organisation=organisation, role=role, now=timezone.now())
    return made


def content(title: str, *, code: str = "540524", **more) -> ProductContent:
    """Return a product's document without a fault."""
    world.category()
    world.area(code)
    return ProductContent(
        title={"zh-hans": title},
        category="food-drink",
        origin_area=code,
        variants=[VariantContent(name={"zh-hans": "一瓶"}, price_fen=3800, weight_grams=900)],
        **more,
    )


def submitted(seller: Organisation, by: Person, title: str = "新货") -> ProductDraft:
    """Return a draft that waits for the centre."""
    now = timezone.now()
    draft = catalog.start_draft(seller=seller, by=by, now=now)
    draft = catalog.write_draft(draft=draft, content=content(title, code=seller.area.code), by=by, now=now)
    return catalog.submit_draft(draft=draft, by=by, now=now)


def placed(
    buyer: Person, offer, *, units: int = 1, pickup_point: ServicePoint | None = None, contact_name: str = "演示买家", **more
) -> OrderGroup:
    """Return an order group that waits for money."""
    now = timezone.now()
    wish = replace(world.wish({offer: units}, buyer=buyer, pickup_point=pickup_point, now=now), contact_name=contact_name, **more)
    answer = orders.place_orders(wishes=[wish], now=now)[0]
    return OrderGroup.objects.get(pk=answer.group_id)


def paid(buyer: Person, offer, **more) -> SellerOrder:
    """Return an order that is paid in cash at some counter."""
    group, now = placed(buyer, offer, **more), timezone.now()
    payment = orders.start_payment(group=group, provider="cash", method="counter", now=now)
    payments.take_cash(payment_id=payment.pk, by_id=buyer.pk, now=now)
    orders.take_payments(payment_ids=[payment.pk], now=now)
    return SellerOrder.objects.select_related("group", "seller").get(group=group)


def packed(buyer: Person, offer, by: Person, **more) -> tuple[SellerOrder, Parcel]:
    """Return an order with its parcel."""
    order = paid(buyer, offer, **more)
    parcel = orders.pack_order(order=order, weight_grams=900, by=by, now=timezone.now())
    order.refresh_from_db()
    return order, parcel


def arrived(parcel: Parcel, point: ServicePoint, by: Person) -> Parcel:
    """Return a parcel that lies at a service point."""
    now = timezone.now()
    draft = logistics.ScanDraft(parcel_number=parcel.number, act="arrived", happened_at=now, place=point, by=by)
    return logistics.record_scans(scans=[draft], now=now)[0]


def _money(of: Side, order: SellerOrder, *, by: Person) -> dict[str, UUID]:
    """Book an order's money; have a payout with the bank and a difference in the books."""
    now = timezone.now()
    settlement.book_sales(order_ids=[order.pk], now=now)
    account = settlement.tell_account(seller=of.coop, holder=f"{of.mark}户名", bank="农业银行", number="62284800", by=by, now=now)
    key = new_id()
    file = BankFile.objects.create(
        number=f"B-{of.name}", content=f"{of.mark}付款文件", digest="0" * 64, count=1, amount_fen=100, made_at=now, made_by_id=by.pk
    )
    prepared = {"method": "bank", "account": account, "prepared_at": now, "prepared_by_id": by.pk}
    payout = Payout(id=key, county_id=of.coop.county_id, seller=of.coop, number=f"P-{of.name}", amount_fen=100, bank_file=file, **prepared)
    payout.state, payout.approved_by_id, payout.approved_at = "sent", of.buyer.pk, now
    payout.save(force_insert=True)
    hers = {"county_id": of.coop.county_id, "seller_id": of.coop.pk, "amount_fen": 100}
    matured = Maturity.objects.create(**hers, matures_at=now, state="payable", payout=payout)
    Earning.objects.create(**hers, kind="adjustment", source_id=key, earned_at=now, maturity=matured)
    difference = Difference.objects.create(
        kind="bill", subject=f"{of.mark}账单", expected_fen=1, found_fen=2, owner_id=of.centre.pk, found_at=now, seen_at=now, due_at=now
    )
    household = settlement.add_sub_seller(seller=of.coop, name=f"{of.mark}户", note=f"{of.mark}约定", by=by, now=now)
    product = order.lines.get().product_id
    settlement.divide_product(
        key=new_id(), seller=of.coop, product_id=product, since_date=now.date(), shares_bp={household.pk: 5000}, by=by, now=now
    )
    rule = FeeRule.objects.create(
        kind="commission", basis="goods", rate=1, beneficiary="platform", seller=of.coop, since_date=now.date() + timedelta(days=30),
        name=f"{of.mark}费率",
    )  # fmt: skip
    transfer = Transfer.objects.create(
        provider="cash",
        organisation=of.station,
        amount_fen=100,
        reference=f"{of.mark}回单",
        day=now.date(),
        written_at=now,
        written_by_id=by.pk,
    )
    split = PaymentSplit.objects.get(reference=order.pk)
    refused = {"state": "failed", "trouble": f"{of.mark}不让分", "requested_at": now, "due_at": now, "settled_at": now}
    sharing = Sharing.objects.create(split=split, our_number=f"S-{of.name}", **refused)
    claim = SubsidyClaim.objects.create(
        payer=of.centre, house=of.centre, number=f"S-{of.name}", since_date=now.date(), until_date=now.date(), amount_fen=100,
        made_at=now, made_by_id=by.pk,
    )  # fmt: skip
    borne = SubsidyLine.objects.create(sale_id=order.pk, bearer_id=of.centre.pk, amount_fen=100)
    SubsidyClaimLine.objects.create(claim=claim, subsidy=borne, amount_fen=100)
    return {
        "sharing_id": sharing.pk,
        "claim_id": claim.pk,
        "transfer_id": transfer.pk,
        "rule_id": rule.pk,
        "payout_id": payout.pk,
        "file_id": file.pk,
        "difference_id": difference.pk,
        "sub_seller_id": household.pk,
    }


def side(name: str, *, number: int) -> Side:
    """Make one side of the world."""
    code, mark, now = COUNTIES[name], f"密{name}密", timezone.now()
    coop = world.organisation(f"coop-{name}", kind="cooperative", code=code)
    centre = world.organisation(f"centre-{name}", kind="county_centre", code=code)
    point = world.service_point(f"station-{name}", kind="township_station", level="station", code=f"{code}100")
    seller = member(coop, f"+861990007{number}001", name=f"{mark}掌柜")
    operator = member(point.organisation, f"+861990007{number}002", name=f"{mark}站长")
    member(centre, f"+861990007{number}003", name=f"{mark}审核员")
    buyer = world.person(f"+861990007{number}004", name=f"{mark}买家")
    made = Side(name, code, mark, coop, point.organisation, centre, point, buyer)
    offer = world.offer(coop, title=f"{mark}货名", on_hand=50)
    private = {"contact_name": f"{mark}收件人", "note": f"{mark}附言"}
    unpaid = placed(buyer, offer, **private)
    waiting = paid(buyer, offer, destination_line=f"{mark}路", **private)
    sent, parcel = packed(buyer, offer, seller, pickup_point=point, **private)
    arrived(parcel, point, operator)
    by_cash, cash_group = _cash(made, operator, placed(buyer, offer, **private))
    product = offer.variant.product
    Product.objects.filter(pk=product.pk).update(title="公开的货名")
    draft = submitted(coop, seller, title=f"{mark}草稿")
    back = submitted(coop, seller, title=f"{mark}退回稿")
    catalog.send_back_draft(draft=back, reason=f"{mark}理由", by=member(centre, f"+861990007{number}005"), now=now)
    level = world.level_of(offer)
    stock.move(level=level, delta=1, reason="received", by=seller, now=now, note=f"{mark}入库")
    case, photo = _case(made, offer, seller, private)
    token, secret = people.issue_token(organisation=coop, name=f"{mark}钥匙", now=now)
    console.reveal(subject_id=waiting.pk, organisation=centre, reason=f"{mark}缘由", by=operator, now=now - timedelta(hours=1))
    outcome = Outcome(our_number=f"{mark}号", kind="succeeded", provider_number=f"{mark}流水", amount_fen=77, occurred_at=now)
    keep_unmatched([Unplaced(outcome=outcome, payment=None, provider="alipay", source="poll", problem=f"{mark}怪")], now=now)
    UnmatchedMoney.objects.filter(our_number=outcome.our_number).update(owner=centre)
    account = payments.keep_account(
        provider="wechat_pay", organisation=coop, values={}, number=f"190000000{number}", by_id=seller.pk, now=now
    )
    early = world.offer(coop, title="公开的预售货名", on_hand=0)
    terms = {"opens_at": now, "closes_at": now + timedelta(days=3), "ship_by_date": (now + timedelta(days=9)).date()}
    sale = orders.open_harvest_sale(
        level=world.level_of(early), capacity=5, deposit_basis_points=2000, note=f"{mark}预售附言", by=seller, now=now, **terms
    )
    grant = people.grant_right(grantor=coop, grantee=centre, right="list_goods", now=now)
    offered = promotions.offer_promotion(
        owner=coop,
        draft=promotions.Draft(
            kind="coupon_code",
            titles={"zh-hans": f"{mark}优惠"},
            percent_bp=500,
            code=f"CODE-{name}",
            budget_fen=100_000,
            starts_at=now,
            ends_at=now + timedelta(days=9),
        ),
        by=seller,
        now=now,
    )
    papers = _papers(made, seller, waiting) | runs_of(made, number=number) | carried_of(made, parcel, number=number)
    made.ids |= (
        papers
        | _money(made, waiting, by=operator)
        | _story(made, seller)
        | {
            "promotion_id": offered.pk,
            "grant_id": grant.pk,
            "sale_id": sale.pk,
            "unmatched_id": UnmatchedMoney.objects.get(owner=centre).pk,
            "account_id": account.pk,
            "shift_id": CashShift.objects.get(organisation=point.organisation).pk,
            "case_id": case.pk,
            "photo_id": photo.pk,
            "hand_in_code": case.hand_in_code,
            "order_id": waiting.pk,
            "unpaid": SellerOrder.objects.get(group=unpaid).pk,
            "paid": waiting.pk,
            "packed": sent.pk,
            "cash": SellerOrder.objects.get(group=cash_group).pk,
            "group_id": unpaid.pk,
            "group_number": unpaid.number,
            "draft_id": draft.pk,
            "sent_back_id": back.pk,
            "product_id": product.pk,
            "offer_id": offer.pk,
            "unit_id": logistics.make_units(kind="bag", count=1, organisation=point.organisation, at=point, now=timezone.now())[0].pk,
            "parcel_id": parcel.pk,
            "parcel_number": parcel.number,
            "pickup_code": parcel.pickup_code,
            "membership_id": Membership.objects.get(person=seller).pk,
            "token_id": token.pk,
            "token": secret,
            "subject_id": by_cash.pk,
            "refund_id": Refund.objects.get(payment=by_cash).pk,
            "level_id": level.pk,
            "buyer_phone": buyer.phone,
            "seller": seller.pk,
            "operator": operator.pk,
        }
    )
    return made


def _case(made: Side, offer, seller: Person, private: dict[str, str]) -> tuple[AfterSaleCase, CasePhoto]:
    """Return a case that waits for its goods, with a photograph, about an order that was received."""
    order, parcel = packed(made.buyer, offer, seller, **private)
    now, key = timezone.now(), new_id()
    scan = logistics.ScanDraft(parcel_number=parcel.number, act="handed_over", happened_at=now, place=None, by=seller)
    logistics.record_scans(scans=[scan], now=now)
    photo = aftersales.add_photo(order=order, case_id=key, file=_brown(), by_seller=False, now=now)
    units = {line.pk: line.quantity for line in order.lines.all()}
    draft = aftersales.CaseDraft(key=key, order=order, kind="return_refund", reason="damaged", units=units, story=f"{made.mark}经过")
    case = aftersales.open_case(draft=draft, by=made.buyer, now=now)
    return aftersales.agree(case=case, by=aftersales.Actor("seller", seller.pk), now=now), photo


def _brown() -> io.BytesIO:
    """Return a photograph on which little is seen."""
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "brown").save(out, "JPEG")
    out.seek(0)
    return out


def runs_of(made: Side, *, number: int) -> dict[str, Any]:
    """Give a centre a vehicle with a shift, a plan that was given out, a run with a stop, and the proof of what was handed over there."""
    centre = world.service_point(made.centre.key, kind="county_centre", level="centre", code=made.code)
    now, driver = timezone.now(), member(made.centre, f"+861990007{number}009", name=f"{made.mark}司机")
    draft = runs.VehicleDraft(plate=f"藏C T{number:04}", name=f"{made.mark}车", kind="van", most_grams=800_000, most_cm3=5_000_000)
    vehicle = runs.keep_vehicle(centre=centre, draft=draft, now=now)
    when = {"begins_at": now, "ends_at": now + timedelta(hours=9)}
    shift = runs.give_shift(vehicle=vehicle, driver=driver, now=now, **when)
    owned = {"county_id": centre.county_id}
    hub = str(centre.pk)
    day = Day(hub, (), (), Ground((hub,), Table(((0,),), ((0,),), ((0,),))))
    things = {str(vehicle.pk): [{"id": str(vehicle.pk), "code": f"{made.mark}号"}]}
    asked_for = {
        "asked": {**kept_day(day), "next_stops": {}},
        "input_hash": "0" * 64,
        "asked_by": driver,
        "asked_at": now,
    }
    found = {"state": "drafted", "things": things, "plan": kept_plan(Plan((), (), 0)), "record": {}}
    plan = DayPlan.objects.create(**owned, centre=centre, date=now.date(), **asked_for, **found)
    figures = {"cost_fen": 100, "metres": 1_000, "empty_metres": 0, "fullest_basis_points": 100}
    run = Run.objects.create(**owned, plan=plan, vehicle=vehicle, driver=driver, **when, **figures)
    times = {"arrives_at": now, "leaves_at": now + timedelta(minutes=5)}
    stop = Stop.objects.create(**owned, run=run, number=0, kind="call", place=made.point, metres=0, code="4821", **times)
    proof = Proof.objects.create(**owned, stop=stop, kind="signature", sha256="0" * 64, content=f"{made.mark}签名".encode(), told_at=now)
    scan = logistics.ScanDraft(parcel_number=f"{made.mark}纸条", act="received", happened_at=now, place=made.point, by=None)
    logistics.take_scans(scans=[scan], now=now)
    snow = Pass.objects.create(county_id=centre.county_id, name=f"{made.mark}山口", height_m=5000)
    [closure] = close_ways(passes=[snow], reason="snow", begins_at=now, by=driver, now=now)
    return {
        "closure_id": closure.pk,
        "vehicle_id": vehicle.pk, "duty_id": shift.pk, "plan_id": plan.pk, "run_id": run.pk, "stop_id": stop.pk, "proof_id": proof.pk,
        "oddity_id": Oddity.objects.get(scan_id=scan.id).pk,
    }  # fmt: skip


def carried_of(made: Side, parcel: Parcel, *, number: int) -> dict[str, Any]:
    """Give a cooperative a hand-over list, and a line of a carrier's bill that differs."""
    now, by = timezone.now(), made.buyer.pk
    owned = {"county_id": made.coop.county_id, "carrier": "sf"}
    manifest = Manifest.objects.create(
        **owned, number=f"{made.mark}单", giver=made.coop, count=1, weight_grams=900, made_at=now, made_by_id=by
    )
    consigned = consign(parcel=parcel, carrier="sf", sender=Party(name=made.mark, phone="13", address=made.mark), weight_grams=900, now=now)
    bill = CarrierBill.objects.create(carrier="sf", month="2026-08", digest=f"{number:064}", total_fen=1, taken_by_id=by, taken_at=now)
    differs = {"billed_grams": 9000, "billed_fen": 1, "reason": "heavier", "owner": made.coop}
    line = BillLine.objects.create(bill=bill, place=2, number=f"{made.mark}号", consignment=consigned, **differs)
    Consignment.objects.filter(pk=consigned.pk).update(number=f"SF{number}0001", stage=Consignment.Stage.BOOKED, booked_at=now)
    papers = [(f"{made.mark}.jpg", b"\xff\xd8\xff" + made.mark.encode())]
    claimed = claim(consignment=consigned, reason="lost", amount_fen=100, words=made.mark, papers=papers, by=made.buyer, now=now)
    account = CarrierAccount.objects.create(organisation=made.coop, carrier="jd", number=made.mark, sealed_keys=b"", since_at=now)
    return {
        "manifest_id": manifest.pk,
        "bill_line_id": line.pk,
        "consignment_id": consigned.pk,
        "carrier_claim_id": claimed.pk,
        "claim_paper_id": CarrierClaimPaper.objects.get(claim=claimed).pk,
        "carrier_account_id": account.pk,
    }


def _papers(made: Side, seller: Person, order: SellerOrder) -> dict[str, Any]:
    """Return an issued invoice with a red letter, a title of the buyer's book, and a dossier, each with the side's mark."""
    now = timezone.now()
    number = f"91540{COUNTIES[made.name]}MA6T0"
    title = invoices.keep_title(
        person=made.buyer, title=invoices.title_typed(kind="person", name=f"{made.mark}抬头", email="buyer@example.com"), now=now
    )
    tax_number = (number + "0" * 17)[:17]
    invoices.register_issuer(
        organisation=made.coop, name=f"{made.mark}注册名", tax_number=tax_number + check_sign(tax_number), tax_rate="exempt",
        clerk="开票人", is_automatic=False, by=seller, now=now,
    )  # fmt: skip
    wish = invoices.TitleWanted(kind="person", name=f"{made.mark}抬头")
    asked = invoices.request_invoice(order=order, title=wish, person=made.buyer, now=now)
    red = RedInvoice.objects.create(
        county_id=asked.county_id, invoice=asked, refund_id=new_id(), our_number=new_id().hex, amount_fen=1, tax_fen=0,
        requested_at=now, deadline_at=now, due_at=now,
    )  # fmt: skip
    dossier = dossiers.ask_dossier(
        organisation=made.coop, by=seller, form_key=new_id(), months=12, days=30, bank_name=f"{made.mark}银行", purpose="买设备",
        signed_name=seller.name, is_agreed=True, now=now,
    )  # fmt: skip
    return {"title_id": title.pk, "request_id": asked.pk, "red_id": red.pk, "dossier_id": dossier.pk}


def _story(made: Side, by: Person) -> dict[str, Any]:
    """Return what the cooperative has told of a lot, by its program and on a phone, and all that hangs on it."""
    now, key = timezone.now(), new_id()
    flow = published(centre=made.centre)
    Flow.objects.filter(pk=flow.pk).update(key=f"wine-{made.name}")  # others have a flow for wine as well
    flow.refresh_from_db()
    answers = Answers(households=(Household(f"{made.mark}户", Decimal(30)),), note=f"{made.mark}说")
    photo = trace.keep_attachment(owner=made.coop, telling_key=key, kind="photo", file=_brown(), by=by, now=now)
    telling = trace.tell_step(key=key, seller=made.coop, flow=flow, step="buy-barley", answers=answers, attachments=[photo], by=by, now=now)
    job = trace.capture(document=read(told(harvest(made.name)), now=now), by=made.coop, now=now)
    event = TraceEvent.objects.get(job_id=job.pk)
    query = trace.name_query(name=f"{made.name}-harvests", parameters={"EQ_bizStep": ["commissioning"]}, by=made.coop, now=now)
    subscription = trace.subscribe(
        query=query, dest=f"{settings.SITE_URL}/{made.mark}", signature_token=made.mark, schedule={"hour": "1"}, reports_if_empty=False,
        since=None, now=now,
    )  # fmt: skip
    site = trace.add_site(owner=made.coop, area=made.coop.area, said=trace.SiteSaid(kind="field", name=f"{made.mark}地"))
    lot = lot_of(telling)
    paper = trace.commit_lot(lot=lot, by=by, now=now)
    seen = {"action": "OBSERVE", "bizStep": "inspecting", "quantityList": [{"epcClass": lot.uri, "quantity": 1, "uom": "KGM"}]}
    when = {"eventTime": now.isoformat(timespec="milliseconds"), "eventTimeZoneOffset": "+08:00"}
    trace.capturing.capture_own([{"type": "ObjectEvent", **when, **seen}], by=made.station, now=now)
    recall = trace.draft_recall(owner=made.coop, lot_ids=[lot.pk], reason=f"{made.mark}发霉", by=by, now=now)
    sheet = asked(lot, by=by)
    odd = {"sign": "before_shipment", "said": {"scans": made.mark}, "first_at": now, "last_at": now}
    suspicion = Suspicion.objects.create(county_id=lot.county_id, code=f"{made.name:0<12}"[:12].upper(), seller=made.coop, **odd)
    report = Report.objects.create(county_id=lot.county_id, code=f"{made.name:0<12}"[:12].upper(), lot=lot, text=f"{made.mark}漏了", at=now)
    return {
        "job_id": job.pk,
        "event_hash": hash_of(bytes(event.digest)),
        "site_id": site.pk,
        "lot_id": lot.pk,
        "certificate_id": paper.pk,
        "recall_id": recall.pk,
        "item_id": lot.item_id,
        "sheet_id": sheet.pk,
        "telling_id": telling.pk,
        "attachment_id": photo.pk,
        "flow_id": flow.pk,
        "suspicion_id": suspicion.pk,
        "report_id": report.pk,
        "hearsay_id": Hearsay.objects.get(lot=lot).pk,
        "query_name": query.name,
        "subscription_id": subscription.pk,
    }


def _cash(made: Side, operator: Person, group: OrderGroup) -> tuple[Payment, OrderGroup]:
    """Take cash at the side's counter, then cancel the order, so that money is to be given back there."""
    now = timezone.now()
    payments.open_shift(organisation=made.station, person_id=operator.pk, float_fen=20000, now=now)
    payment = console.take_cash_for(group=group, organisation=made.station, by=operator, now=now)
    orders.take_payments(payment_ids=[payment.pk], now=now)
    orders.cancel_order(order=SellerOrder.objects.get(group=group), reason=f"{made.mark}取消", now=now)
    return payment, group
