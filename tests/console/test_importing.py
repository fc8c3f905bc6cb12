"""A table is looked through first and handed in whole, once."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from teahorse.catalog.models import ProductDraft
from teahorse.console import kept_tables
from tests import world

pytestmark = pytest.mark.django_db
HEADER = "product_key,title_zh,category,origin_area,variant_name_zh,price_yuan,weight_grams\n"
FINE = HEADER + "1,青稞酒,food-drink,540524,一瓶,38,900\n1,青稞酒,food-drink,540524,两瓶,70,1800\n2,糌粑,food-drink,540524,一袋,26,500\n"
FAULTY = HEADER + "1,青稞酒,food-drink,540524,一瓶,expensive,900\n2,,food-drink,540524,一袋,26,500\n"


@pytest.fixture
def desk(browser_of, seller):
    world.category()
    return browser_of(seller)


def at(name):
    return reverse(f"console:{name}", kwargs={"org": "coop-dorje"})


def looked_through(desk, text, name="goods.csv"):
    return desk.post(at("import"), {"file": SimpleUploadedFile(name, text.encode())})


def test_a_table_is_looked_through_and_nothing_is_written(desk):
    page = looked_through(desk, FINE)

    assert (page.context["report"].rows, page.context["report"].products) == (3, 2)
    assert "Hand in all 2 products" in page.content.decode()
    assert ProductDraft.objects.count() == 0


def test_it_is_handed_in_whole_and_once(desk):
    digest = looked_through(desk, FINE).context["digest"]

    first = desk.post(at("import_confirm"), {"digest": digest})
    second = desk.post(at("import_confirm"), {"digest": digest}, follow=True)

    assert first.url == at("goods")
    assert ProductDraft.objects.filter(state="submitted").count() == 2
    assert "handed in before" in second.content.decode()


def test_faults_are_told_by_row_and_column_and_nothing_can_be_confirmed(desk):
    page = looked_through(desk, FAULTY)

    assert page.status_code == 422
    assert [(fault.row, heading) for fault, heading in page.context["faults"]] == [(2, "售价（元）"), (3, "商品名称")]
    assert page.context["digest"] == ""
    assert "expensive" in page.content.decode()


@pytest.mark.parametrize(
    ("text", "name"), [("", "empty.csv"), ("hello", "hello.csv"), ("PK\x03\x04broken", "broken.xlsx"), ("x", "old.xls")]
)
def test_what_is_no_table_is_refused_with_a_reason(desk, text, name):
    page = looked_through(desk, text, name)

    assert page.status_code == 422
    assert page.context["fault"]


def test_without_a_file_one_is_asked_for(desk):
    page = desk.post(at("import"))

    assert page.status_code == 422
    assert "Choose a file first" in page.content.decode()


def test_another_digest_than_the_one_looked_through_is_not_taken(desk):
    looked_through(desk, FINE)

    desk.post(at("import_confirm"), {"digest": "../../../etc/passwd"})

    assert ProductDraft.objects.count() == 0


def test_the_page_says_what_is_new_what_changes_and_what_is_as_it_is(desk):
    desk.post(at("import_confirm"), {"digest": looked_through(desk, FINE).context["digest"]})

    same = looked_through(desk, FINE)
    changed = looked_through(desk, FINE.replace("26,500", "27,500") + "3,酥油,food-drink,540524,一块,60,500\n")

    assert same.context["digest"] == ""
    assert "Nothing differs" in same.content.decode()
    assert "Hand in 1 new and 1 changed" in changed.content.decode()
    assert "糌粑" in changed.content.decode()


def test_a_table_is_kept_until_it_is_handed_in_or_half_a_day_is_over(desk, settings, tmp_path):
    settings.DATA = tmp_path
    confirmed = looked_through(desk, FINE).context["digest"]
    desk.post(at("import_confirm"), {"digest": confirmed})
    after_use = list((tmp_path / "imports").iterdir())
    looked_through(desk, FINE + "3,酥油,food-drink,540524,一块,60,500\n")

    young = kept_tables.sweep(now=timezone.now() + timedelta(hours=11))
    old = kept_tables.sweep(now=timezone.now() + timedelta(hours=13))

    assert (after_use, young, old) == ([], 0, 1)
    assert list((tmp_path / "imports").iterdir()) == []


def test_there_is_a_table_to_fill_in(desk):
    assert desk.get(at("import_template")).content.startswith(b"PK\x03\x04")
