import io
import struct
import zlib

import pytest
from PIL import Image, ImageCms

from teahorse.catalog import actions, pictures, queries
from teahorse.catalog.content import ProductContent
from teahorse.catalog.models import Picture
from tests.catalog.conftest import put_on_show, wine


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def photo(size=(1600, 800), colour=(200, 30, 30), kind="JPEG", mode="RGB", **options):
    """A file of a photograph whose right half is dark."""
    image = Image.new(mode, size, colour)
    image.paste((10, 10, 10, 255)[: len(image.getbands())], (size[0] // 2, 0, *size))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return io.BytesIO(out.getvalue())


def with_place(orientation=1):
    """EXIF with a camera, a place and how the camera was held."""
    exif = Image.Exif()
    exif[0x0110] = "Camera of Yangjin"
    exif[0x0112] = orientation
    place = exif.get_ifd(0x8825)
    place.update({1: "N", 2: (29.0, 1.0, 2.0), 3: "E", 4: (91.0, 40.0, 1.0)})
    return exif.tobytes()


def rendered(accepted):
    return {(one.width, one.kind): Image.open(io.BytesIO(one.content)) for one in accepted.renditions}


def bomb(width=30000, height=30000):
    """A PNG of a few bytes that says it has 900 million pixels."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b""))


def test_a_photograph_is_written_anew_in_three_widths_and_two_formats():
    images = rendered(pictures.accept(photo()))

    assert {key: (image.format, image.size) for key, image in images.items()} == {
        (width, kind): (kind.upper(), (width, width // 2)) for width in (320, 720, 1280) for kind in ("avif", "webp")
    }


def test_where_and_with_what_it_was_taken_is_gone():
    file = photo(exif=with_place())
    assert Image.open(file).getexif().get_ifd(0x8825)
    file.seek(0)

    accepted = pictures.accept(file)

    assert all(not dict(image.getexif()) and "exif" not in image.info and "xmp" not in image.info for image in rendered(accepted).values())
    assert all(b"Yangjin" not in one.content for one in accepted.renditions)


def test_a_photograph_stands_upright():
    accepted = pictures.accept(photo((1600, 800), exif=with_place(orientation=6)))  # the camera was turned to the right

    assert (accepted.width, accepted.height) == (800, 1600)
    image = rendered(accepted)[720, "webp"].convert("RGB")
    assert image.getpixel((360, 100))[0] > 150
    assert image.getpixel((360, 1300))[0] < 50


def test_colours_are_brought_to_srgb_and_the_profile_is_dropped():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    plain, strange = pictures.accept(photo()), pictures.accept(photo(icc_profile=profile))

    assert all("icc_profile" not in image.info for image in rendered(strange).values())
    assert strange.sha256 == plain.sha256  # a profile of another colour space says nothing


def test_a_small_photograph_is_not_blown_up():
    accepted = pictures.accept(photo((400, 300)))

    assert {(one.width, image.size) for one, image in zip(accepted.renditions, rendered(accepted).values(), strict=True)} == {
        (320, (320, 240)),
        (720, (400, 300)),
        (1280, (400, 300)),
    }
    assert pictures.urls("ab" * 32, width=400, height=300).webp.endswith("-720.webp 400w")


def test_what_can_be_seen_through_is_white():
    accepted = pictures.accept(photo((400, 300), (0, 0, 0, 0), "PNG", "RGBA"))

    assert min(rendered(accepted)[320, "webp"].convert("RGB").getpixel((10, 10))) > 250


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
def test_other_formats_are_read(kind):
    assert pictures.accept(photo(kind=kind)).width == 1280


@pytest.mark.parametrize(
    ("file", "refusal"),
    [
        (lambda: io.BytesIO(b"this is no picture, whatever its name says"), pictures.PictureRefused),
        (lambda: io.BytesIO(b""), pictures.PictureRefused),
        (lambda: io.BytesIO(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), pictures.PictureRefused),
        (lambda: photo(kind="GIF"), pictures.PictureRefused),
        (lambda: io.BytesIO(photo().getvalue()[:3000]), pictures.PictureIsBroken),
        (lambda: io.BytesIO(photo(kind="PNG").getvalue()[:1000]), pictures.PictureIsBroken),
        (bomb, pictures.PictureHasTooManyPixels),
        (lambda: bomb(10000, 5000), pictures.PictureHasTooManyPixels),
        (lambda: io.BytesIO(b"\xff" * (12 * 1024 * 1024 + 1)), pictures.PictureIsTooLarge),
        (lambda: io.BytesIO(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"), pictures.PictureIsHeic),
        (lambda: photo((100, 100)), pictures.PictureIsTooSmall),
        (lambda: photo(kind="WEBP", save_all=True, append_images=[Image.new("RGB", (1600, 800))]), pictures.PictureMoves),
    ],
)
def test_what_is_no_picture_is_refused_with_its_reason(file, refusal):
    with pytest.raises(pictures.PictureRefused) as caught:
        pictures.accept(file())

    assert type(caught.value) is refusal


def test_a_refused_file_leaves_nothing(town, now, media):
    with pytest.raises(pictures.PictureIsBroken):
        actions.add_picture(seller=town.seller, file=io.BytesIO(photo().getvalue()[:3000]), by=town.writer, now=now)

    assert (Picture.objects.count(), list(media.rglob("*.*"))) == (0, [])


def test_a_picture_is_kept_once_under_the_digest_of_its_pixels(town, now, media):
    picture = actions.add_picture(seller=town.seller, file=photo(), by=town.writer, now=now)
    again = actions.add_picture(seller=town.seller, file=photo(exif=with_place()), by=town.writer, now=now)

    assert again == picture
    assert (picture.width, picture.height, picture.seller, picture.position) == (1280, 640, town.seller, None)
    folder = media / "pictures" / picture.sha256[:2]
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        f"{picture.sha256}-{width}.{kind}" for width in (320, 720, 1280) for kind in ("avif", "webp")
    )
    assert pictures.picture_urls(picture).small == f"/media/pictures/{picture.sha256[:2]}/{picture.sha256}-320.webp"


def test_a_draft_names_its_pictures_and_their_order(town, now):
    red = actions.add_picture(seller=town.seller, file=photo(), by=town.writer, now=now)
    blue = actions.add_picture(seller=town.seller, file=photo(colour=(20, 20, 200)), by=town.writer, now=now)

    product = put_on_show(town, now, wine(pictures=[blue.pk, red.pk]))

    assert queries.product_page(product_id=product.pk).pictures == [pictures.picture_urls(blue), pictures.picture_urls(red)]
    (card,) = queries.goods_cards(product_ids=[product.pk], on=now.date())
    assert card.picture == pictures.picture_urls(blue)
    draft = actions.start_draft(seller=town.seller, product=product, by=town.writer, now=now)
    content = ProductContent.from_document(draft.content)
    assert content.pictures == [blue.pk, red.pk]
    content.pictures = [red.pk]
    actions.write_draft(draft=draft, content=content, by=town.writer, now=now)
    actions.submit_draft(draft=draft, by=town.writer, now=now)
    actions.approve_draft(draft=draft, by=town.reviewer, now=now)
    assert queries.product_page(product_id=product.pk).pictures == [pictures.picture_urls(red)]


def test_another_sellers_picture_is_not_taken(town, now):
    theirs = actions.add_picture(seller=town.other_seller, file=photo(), by=town.writer, now=now)

    with pytest.raises(actions.DraftHasFaults) as refusal:
        put_on_show(town, now, wine(pictures=[theirs.pk]))

    assert [fault.field for fault in refusal.value.faults] == ["pictures.0"]
