"""What goods cost that are ordered by the piece and weighed when they are packed. Plain Python, weights in grams net."""

LEAST_PERCENT, MOST_PERCENT = 50, 150


def by_weight(fen: int, *, nominal_grams: int, actual_grams: int) -> int:
    """Return what goods cost that were agreed at a price for a nominal weight; a part of a fen is the buyer's."""
    return fen * actual_grams // nominal_grams


def bounds(nominal_grams: int) -> tuple[int, int]:
    """Return the least and the most that may be packed for a nominal weight: half of it, and half as much again."""
    return -(-nominal_grams * LEAST_PERCENT // 100), nominal_grams * MOST_PERCENT // 100


def kilograms(grams: int) -> str:
    """Return a weight as a scale shows it: ``1.24``, with the third decimal where there is one."""
    whole, rest = divmod(grams, 1000)
    return f"{whole}.{rest:03d}".removesuffix("0")


def per_kilogram_fen(fen: int, *, nominal_grams: int) -> int:
    """Return the price of a kilogram to the nearest fen; it is shown, never reckoned with."""
    return (fen * 2000 + nominal_grams) // (nominal_grams * 2)
