"""Photographs that nothing uses are thrown away after a day; what is used, or might be in a moment, stays."""

import os
import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from teahorse.catalog import actions, pictures
from teahorse.catalog.models import Picture
from tests.catalog.conftest import make_town, put_on_show, wine
from tests.catalog.test_pictures import media, photo  # noqa: F401 - a fixture

LATER = timedelta(days=1, minutes=1)


def files(media):  # noqa: F811 - the fixture's value
    return sorted(path.name for path in media.rglob("*") if path.is_file())


def aged(media, now):  # noqa: F811 - as above
    for path in media.rglob("*"):
        if path.is_file():
            os.utime(path, (now.timestamp(), now.timestamp()))


def add(town, now, media, colour=(200, 30, 30), seller=None):  # noqa: F811 - as above
    picture = actions.add_picture(seller=seller or town.seller, file=photo((400, 300), colour), by=town.writer, now=now)
    aged(media, now)
    return picture


def test_what_nothing_uses_goes_after_a_day_with_its_files(town, now, media):  # noqa: F811 - as above
    add(town, now, media)
    kept = files(media)

    early = actions.sweep_pictures(now=now + timedelta(hours=23))
    left = files(media)
    late = actions.sweep_pictures(now=now + LATER)

    assert (early, left, late) == (0, kept, 1)
    assert len(kept) == 6
    assert files(media) == []
    assert Picture.objects.count() == 0


def test_what_a_product_shows_or_an_open_draft_names_stays(town, now, media):  # noqa: F811 - as above
    shown, named = add(town, now, media), add(town, now, media, (0, 90, 0))
    put_on_show(town, now, wine(pictures=[shown.pk]))
    draft = actions.start_draft(seller=town.seller, by=town.writer, now=now)
    draft = actions.write_draft(draft=draft, content=wine(pictures=[named.pk]), by=town.writer, now=now)
    first = actions.sweep_pictures(now=now + LATER)

    actions.drop_draft(draft=draft, by=town.writer, now=now)
    second = actions.sweep_pictures(now=now + LATER)

    assert (first, second) == (0, 1)
    assert Picture.objects.get() == shown
    assert {name[:64] for name in files(media)} == {shown.sha256}


def test_what_a_product_showed_before_goes(town, now, media):  # noqa: F811 - as above
    before = add(town, now, media)
    product = put_on_show(town, now, wine(pictures=[before.pk]))
    draft = actions.start_draft(seller=town.seller, product=product, by=town.writer, now=now)
    draft = actions.submit_draft(draft=draft, by=town.writer, now=now)
    type(draft).objects.update(content={**draft.content, "pictures": []})
    actions.approve_draft(draft=draft, by=town.reviewer, now=now)

    assert actions.sweep_pictures(now=now + LATER) == 1


def test_the_same_pixels_of_another_seller_keep_their_files(town, now, media):  # noqa: F811 - as above
    mine, theirs = add(town, now, media), add(town, now, media, seller=town.other_seller)
    put_on_show(town, now, wine(pictures=[mine.pk]))

    assert actions.sweep_pictures(now=now + LATER) == 1
    assert not Picture.objects.filter(pk=theirs.pk).exists()
    assert len(files(media)) == 6


def test_a_photograph_that_comes_again_has_another_day(town, now, media):  # noqa: F811 - as above
    first = add(town, now, media)
    again = add(town, now + timedelta(hours=23), media)

    assert again.pk == first.pk
    assert actions.sweep_pictures(now=now + LATER) == 0


def test_files_without_a_row_and_half_written_ones_go(town, now, media):  # noqa: F811 - as above
    pictures.keep(pictures.accept(photo((400, 300))))
    (next(media.rglob("*.webp")).parent / ".half").write_bytes(b"half")
    aged(media, now)

    assert actions.sweep_pictures(now=now + timedelta(hours=23)) == 0
    assert len(files(media)) == 7
    actions.sweep_pictures(now=now + LATER)
    assert files(media) == []


@pytest.mark.django_db(transaction=True)
def test_who_keeps_the_same_pixels_meanwhile_finds_them_whole(now, media):  # noqa: F811 - as above
    """The sweeper has thrown the row away and comes to the files while the same photograph is being sent again."""
    town = make_town()
    add(town, now, media)
    Picture.objects.all().delete()
    swept = threading.Event()

    def sweep():
        actions.sweep_pictures(now=now + LATER)
        swept.set()
        connections.close_all()

    other = threading.Thread(target=sweep)
    with transaction.atomic():
        actions.add_picture(seller=town.seller, file=photo((400, 300)), by=town.writer, now=now + LATER)
        other.start()
        waited = not swept.wait(0.5)
    other.join(10)

    assert (waited, swept.is_set()) == (True, True)
    assert len(files(media)) == 6
    assert connection.is_usable()
