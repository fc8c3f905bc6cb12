"""Pictures of the demo's steps: drawings that nobody takes for photographs, brought into the form in which a phone sends a picture."""

import io
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import typst

from teahorse.demo.reading import CONTENT

TEMPLATE = Path(__file__).with_name("scene.typ")
DRAWN = CONTENT / "scenes"
PIXELS_PER_INCH = 96


def scene_file(name: str) -> io.BytesIO:
    """
    Return a drawing of the content as a PNG file of 640 by 480 pixels.

    :raises KeyError: if the content has no such drawing.
    """
    return io.BytesIO(_drawn()[name])


@lru_cache(maxsize=1)
def _drawn() -> Mapping[str, bytes]:
    """Return all drawings by their names; they are set at once, because looking for fonts takes longer than drawing."""
    paths = sorted(DRAWN.glob("*.svg"))
    inputs = {"data": json.dumps([path.read_text() for path in paths])}
    made: bytes | list[bytes] = typst.compile(TEMPLATE, root=TEMPLATE.parent, format="png", ppi=PIXELS_PER_INCH, sys_inputs=inputs)
    return {path.stem: page for path, page in zip(paths, made if isinstance(made, list) else [made], strict=True)}
