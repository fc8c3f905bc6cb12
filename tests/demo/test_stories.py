"""The three stories that the demo tells: they can be scanned, what was sent is known, what is wrong is said, and the log proves them."""

from collections import Counter

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import translation

from teahorse.common.ids import short
from teahorse.demo.keys import key_of
from teahorse.demo.queries import demo_codes
from teahorse.demo.stories import lot_named, told_stories
from teahorse.orders.models import SellerOrder
from teahorse.trace import actions
from teahorse.trace.balance_words import making_words
from teahorse.trace.models import LabelScan, LotStock, PackedLot, Recall, RecalledParcel, Suspicion, Telling
from teahorse.trace.queries.balancing import Verdict, balance_of
from tests.demo.conftest import NOW

PHONE = "Mozilla/5.0 (Linux; Android 13) MicroMessenger/8.0"


@pytest.fixture(autouse=True)
def _plain_static_files(settings):
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


def look(address, language="zh-hans"):
    return Client(headers={"user-agent": PHONE, "accept-language": language}).get(address)


def packed(order):
    orders = SellerOrder.objects.filter(group__idempotency_key=key_of("order", order))
    rows = PackedLot.objects.filter(order_id__in=orders.values("pk")).select_related("lot")
    return sorted((row.lot.number, row.quantity) for row in rows)


@pytest.mark.parametrize("language", ["zh-hans", "bo", "en"])
def test_each_label_is_told_first_what_matters_most(house, language):
    pages = [look(code.address, language) for code in demo_codes()]

    assert [page.context["verdict"] for page in pages] == ["genuine", "genuine", "genuine", "recalled", "seen_before"]
    assert [len(page.context["told"].steps) for page in pages] == [15, 11, 7, 10, 7]
    assert all(page.context["told"].product_id for page in pages)
    assert [code.label[language] for code in demo_codes() if not code.label[language]] == []


def test_the_steps_lie_apart_by_months_at_places_high_up(house):
    for row in told_stories():
        told = Telling.objects.filter(seller__key=row["maker"]).order_by("received_at")
        assert (told.last().received_at - told.first().received_at).days > 100
        assert all(site["height_m"] > 3000 for site in row["site"])


def test_meat_was_kept_cold_and_has_its_papers(house):
    page = look(demo_codes()[1].address, "en")

    told = page.context["told"]
    assert sorted(step.temperature.words for step in told.steps if step.temperature) == ["-6.0 – 8.5 °C", "-7.5 – 6.0 °C", "3.5 °C"]
    assert {paper.name for paper in told.papers} == {
        "Commitment certificate",
        "Animal quarantine certificate",
        "Meat inspection certificate",
        "Production licence",
    }


def test_a_paper_stands_where_it_was_given(house):
    told = look(demo_codes()[1].address, "en").context["told"]

    assert [(step.what, [paper.name for paper in step.papers]) for step in told.steps if step.papers] == [
        ("Bag", ["Commitment certificate"]),
        ("Slaughter", ["Meat inspection certificate"]),
        ("Pass quarantine", ["Animal quarantine certificate"]),
    ]
    assert next(step for step in told.steps if step.what == "Slaughter").where.startswith("Shangri-La City")


def test_no_lot_had_more_made_of_it_than_there_was(house):
    balances = [
        balance_of(lot_named(row["story"], step["key"]))
        for row in told_stories()
        for step in row["step"]
        if len(step.get("gives", ())) == 1
    ]

    assert [balance for balance in balances if balance.account.verdict != Verdict.RIGHT or balance.account.left < 0] == []
    assert not any(telling.said["warnings"] for telling in Telling.objects.all())


def test_what_was_made_lies_within_what_its_flow_yields(house):
    makings = {
        f"{row['story']} {step['key']}": balance_of(lot_named(row["story"], f"{step['key']}.{next(iter(step['gives']))}")).making
        for row in told_stories()
        for step in row["step"]
        if "gives" in step and ("takes" in step or "process" in step)
    }

    assert {name: making.verdict for name, making in makings.items() if making.verdict != Verdict.RIGHT} == {
        "carpet rug-lotus": Verdict.WEIGHT_UNKNOWN,
        "carpet rug-tiger-raw": Verdict.WEIGHT_UNKNOWN,
    }
    with translation.override("en"):
        assert making_words(makings["barley-wine bottles"]) == [
            "In 122 litres, out 120 litres in 240 pieces of 0.5 litres.",
            "Loss 1.6 %, allowed 5 %.",
        ]


def test_parcels_know_their_lots(house):
    wine, bags, small, rug = (
        lot_named(*name).number
        for name in (("barley-wine", "bottles"), ("yak-meat", "bags"), ("yak-meat", "bags-small"), ("carpet", "rug-lotus"))
    )

    assert packed("wine-and-yak-for-shanghai") == sorted([(wine, 2), (bags, 1)])
    assert packed("rug-for-chengdu") == [(rug, 1)]
    assert packed("yak-for-hangzhou") == [(small, 3)]
    assert PackedLot.objects.filter(packed_at__gt=NOW).count() == 0


def test_one_lot_is_taken_back_and_a_drill_was_ended(house):
    living, drill = Recall.objects.order_by("is_drill")

    assert (living.state, drill.state, drill.is_drill) == ("living", "ended", True)
    assert Counter(RecalledParcel.objects.filter(recall=living).values_list("state", flat=True)) == {"told": 1, "held": 1}
    assert not RecalledParcel.objects.filter(recall=living, case_id=None).exists()
    assert LotStock.objects.get(lot=lot_named("yak-meat", "bags-small")).on_hand == 0
    assert [note.kind for note in drill.notes.order_by("at", "pk")] == ["drafted", "started", "ended"]


def test_a_copied_label_is_suspected_and_nothing_else(house):
    assert [(one.seller.key, one.sign) for one in Suspicion.objects.select_related("seller")] == [("coop-hongxing", "impossible_travel")]
    assert not LabelScan.objects.filter(at__gt=NOW).exists()


def test_goods_lead_to_the_story_of_what_is_packed_next_and_back(house):
    goods, lot = key_of("product", "yak-airdried"), lot_named("yak-meat", "bags")
    page = look(f"/goods/{short(goods)}/").content.decode()
    told = look(f"/t/lot/{short(lot.pk)}").content.decode()

    assert f'href="/t/lot/{short(lot.pk)}"' in page
    assert f'href="/goods/{short(goods)}/"' in told


def test_the_story_is_what_the_log_says(house, tmp_path, settings, capsys):
    settings.TRACE_LOG, settings.TRACE_KEY = tmp_path / "log", tmp_path / "log.key"

    checkpoint = actions.publish(now=NOW)
    call_command("verify_story")

    assert checkpoint.size == 46
    assert capsys.readouterr().out == "0 contradictions\n"


def test_the_scan_page_lists_the_demos_labels(house, settings):
    settings.DEMO = True

    page = look("/scan/", "en").content.decode()

    assert [code.address in page for code in demo_codes()] == [True] * 5


def test_the_start_prints_the_labels(house, settings, capsys):
    settings.DEMO = True

    call_command("addresses")

    printed = capsys.readouterr().out
    assert all(f"{settings.SITE_URL}{code.address}  {code.label['en']}" in printed for code in demo_codes())
