"""The map of the ground: true to scale, nothing outside it, a place no more exactly than asked."""

import re
from math import cos, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahorse.common.ui.ground_map import KM_PER_DEGREE, About, Spot, ground_map

WORDS = {"label": "Where", "metres": "%d m", "kilometres": "%d km", "north": "N"}
CENTRE = Spot("县", 29.0, 91.6, 3800)
AROUND = [CENTRE, Spot("东", 29.0, 92.0, 4600), Spot("北", 29.3, 91.6, 5100), Spot("西", 28.9, 91.2, 3300)]


def circles(drawn, kind):
    return [tuple(map(float, found)) for found in re.findall(rf'class="{kind}" cx="([^"]+)" cy="([^"]+)" r="([^"]+)"', drawn)]


def test_distances_are_true_in_all_directions_and_the_bar_says_how_long_they_are():
    narrow = ground_map(AROUND, **WORDS).partition("</svg>")[0]
    centre, east, north = circles(narrow, "ground__spot")[:3]
    length, said = re.search(r'class="ground__bar" d="M\d+ \d+v5h([\d.]+)v-5"', narrow)[1], re.search(r">(\d+) km<", narrow)[1]

    per_km = float(length) / int(said)
    assert (east[0] - centre[0]) / per_km == pytest.approx(0.4 * KM_PER_DEGREE * cos(radians(29.05)), rel=0.02)
    assert (centre[1] - north[1]) / per_km == pytest.approx(0.3 * KM_PER_DEGREE, rel=0.02)


def test_the_circle_spans_as_many_kilometres_as_it_says():
    drawn = ground_map(AROUND, about=About("某地", 29.0, 91.6, 10), **WORDS).partition("</svg>")[0]
    ((_x, _y, radius),) = circles(drawn, "ground__about")
    length, said = re.search(r"v5h([\d.]+)v-5", drawn)[1], re.search(r">(\d+) km<", drawn)[1]

    assert radius == pytest.approx(10 * float(length) / int(said), rel=0.02)
    assert ">某地<" in drawn


def test_the_ground_is_shaded_by_the_heights_around_and_by_nothing_where_none_is_known():
    shades = set(re.findall(r'class="ground__(\d)"', ground_map(AROUND, **WORDS)))

    assert {"1", "3"} <= shades
    assert not re.search(r'class="ground__\d"', ground_map([Spot(one.name, one.lat, one.lon) for one in AROUND], **WORDS))
    assert ground_map([], **WORDS) == ""


def test_names_are_escaped():
    assert "<b>" not in ground_map([Spot("<b>", 29, 91, 3000), Spot("&", 29.1, 91.1)], **WORDS)


@given(
    st.lists(
        st.builds(Spot, st.text("东西南北 ", max_size=6), st.floats(-80, 80), st.floats(-179, 179), st.none() | st.integers(0, 6000),
                  st.integers(0, 10**6)),
        max_size=12,
    ),
    st.none() | st.builds(About, st.just("某地"), st.floats(-80, 80), st.floats(-179, 179), st.integers(0, 100)),
)  # fmt: skip
def test_whatever_is_drawn_lies_on_the_paper(spots, about):
    for drawn in ground_map(spots, about=about, **WORDS).split("</svg>")[:-1]:
        wide, high = map(float, re.search(r'viewBox="0 0 (\d+) (\d+)"', drawn).groups())
        for kind in ("ground__spot", "ground__many", "ground__about"):
            assert all(-1 <= x <= wide + 1 and -1 <= y <= high + 1 for x, y, _radius in circles(drawn, kind))
        assert high <= 1.01 * wide
