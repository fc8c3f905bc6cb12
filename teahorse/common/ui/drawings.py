"""The drawings that stand for goods until their maker brings photographs: one set, like stamps."""

from functools import lru_cache
from typing import Final

from django.templatetags.static import static

#: Every kind of goods that has a drawing of its own; ``parcel`` stands for all the others.
KINDS: Final = frozenset(
    {
        "biscuits",
        "boots",
        "buckwheat",
        "butter",
        "carpet",
        "cashmere",
        "clothing",
        "crystal",
        "eggs",
        "garlic",
        "herbs",
        "honey",
        "incense",
        "ironware",
        "knife",
        "lamp",
        "matsutake",
        "mushrooms",
        "oil",
        "paper",
        "parcel",
        "potatoes",
        "tea",
        "tsampa",
        "water",
        "wine",
        "yak-meat",
        "yoghurt",
    }
)
FALLBACK: Final = "parcel"


def drawing_name(kind: str) -> str:
    """Name the drawing for a kind of goods: its own, or the parcel where there is none."""
    return kind if kind in KINDS else FALLBACK


@lru_cache(maxsize=256)
def drawing_url(kind: str) -> str:
    """Give the address of the drawing for a kind of goods (400 x 400, SVG)."""
    return static(f"ui/drawings/{drawing_name(kind)}.svg")
