"""How much room words take in a drawing, and finding a free place for them; no font is asked, so it is an estimate."""

from dataclasses import dataclass, field
from unicodedata import category, east_asian_width


def text_width(text: str, size: float) -> float:
    """Estimate the width of a line of text in pixels at a font size: Chinese full, Latin about half, Tibetan stacks once."""
    width = 0.0
    for letter in text:
        if category(letter) in {"Mn", "Me", "Cf"}:
            continue
        if east_asian_width(letter) in {"W", "F"}:
            width += 1
        elif letter == "\u0f0b":
            width += 0.28
        else:
            width += 0.62 if letter.isupper() or "\u0f00" <= letter <= "\u0fff" else 0.56
    return width * size


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in drawing units, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Tell whether the two rectangles share any room."""
        return self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom


@dataclass(slots=True)
class Room:
    """The rectangles already taken within a drawing."""

    within: Box
    taken: list[Box] = field(default_factory=list)

    def take(self, box: Box) -> None:
        """Mark a rectangle as taken."""
        self.taken.append(box)

    def is_free(self, box: Box) -> bool:
        """Tell whether a rectangle lies inside the drawing and meets none that is taken."""
        inside = (
            box.left >= self.within.left
            and box.right <= self.within.right
            and box.top >= self.within.top
            and box.bottom <= self.within.bottom
        )
        return inside and not any(box.meets(other) for other in self.taken)
