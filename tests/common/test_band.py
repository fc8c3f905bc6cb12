from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from teahorse.common.ui.band import WOOL, Stripe, band_stripes, band_svg, neighbours_differ


def test_the_band_of_a_maker_never_changes():
    assert band_stripes("542225-hongxing") == (
        Stripe(2, "#7A1F1B"),
        Stripe(2, "#5E7F4E"),
        Stripe(9, "#D98A29"),
        Stripe(4, "#5B3A5E"),
        Stripe(4, "#2A7F8E"),
        Stripe(3, "#5B3A5E"),
        Stripe(4, "#2A7F8E"),
        Stripe(3, "#2B2320"),
        Stripe(4, "#5E7F4E"),
        Stripe(2, "#7A1F1B"),
        Stripe(2, "#2F4F87"),
        Stripe(6, "#2B2320"),
        Stripe(3, "#F3E7CE"),
    )


@given(st.text(max_size=40))
def test_every_band_has_seven_to_thirteen_stripes_of_known_wool(code):
    stripes = band_stripes(code)

    assert 7 <= len(stripes) <= 13
    assert {stripe.colour for stripe in stripes} <= set(WOOL)
    assert all(2 <= stripe.width <= 9 for stripe in stripes)


@given(st.text(max_size=40))
def test_neighbouring_stripes_can_be_told_apart_even_where_the_band_repeats(code):
    assert neighbours_differ(band_stripes(code))


def test_villages_have_bands_of_their_own():
    bands = {band_stripes(f"5422{number:08d}") for number in range(5000)}

    assert len(bands) == 5000


def test_a_band_is_a_small_well_formed_drawing_without_styles():
    drawn = band_svg("542225-hongxing", width=320, height=6)

    assert len(drawn) < 900
    assert "style" not in drawn
    assert ElementTree.fromstring(drawn).get("aria-hidden") == "true"


def test_the_stripes_fill_the_band_from_end_to_end():
    whole = sum(stripe.width for stripe in band_stripes("540421-bahe"))

    assert f'viewBox="0 0 {whole} 1"' in band_svg("540421-bahe", width=320, height=8)
    assert f'viewBox="0 0 1 {whole}"' in band_svg("540421-bahe", width=12, height=44, direction="down")


def test_a_very_long_band_repeats():
    whole = sum(stripe.width for stripe in band_stripes("540421-bahe"))

    assert f'viewBox="0 0 {3 * whole} 1"' in band_svg("540421-bahe", width=2400, height=20)
