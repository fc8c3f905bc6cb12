"""What people read of the making of a lot: what went in, what came out, what was lost, and how much may be."""

from collections.abc import Iterator
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from teahorse.trace.queries.making import Band, Making
from teahorse.trace.queries.measuring import PIECES, WHOLE_BP
from teahorse.trace.words import amount_words


def making_words(making: Making) -> list[str]:
    """Return the sentences of a making; what cannot be said, because nobody weighed it, is said not to be known."""
    return list(_sentences(making))


def _sentences(making: Making) -> Iterator[str]:
    if not making.measure:
        return
    said = {"put_in": amount_words(making.put_in, making.measure), "made": amount_words(making.made, making.made_measure)}
    if making.content is not None:
        measure, content = making.content
        said |= {"pieces": amount_words(making.pieces, PIECES), "content": amount_words(content, measure)}
        yield _("In %(put_in)s, out %(made)s in %(pieces)s of %(content)s.") % said
    else:
        yield _("In %(put_in)s, out %(made)s.") % said
    if making.by_products:
        yield _("By-products %(amount)s.") % {"amount": amount_words(making.by_products, making.by_products_measure)}
    if making.measure == PIECES and making.made_measure != PIECES:
        yield _("Nobody weighed what went in.")
    elif making.made_measure == PIECES and making.measure != PIECES:
        yield _("Nobody said what is in a piece.")
    yield from _measured_against(making)


def _measured_against(making: Making) -> Iterator[str]:
    band = making.band
    if band is not None and band.measure and band.measure == making.made_measure:
        yield _of_each(making, band)
    elif making.lost_percent is not None and (band is None or not making.by_products):
        yield _loss(making.lost_percent, band)
    elif making.yield_percent is not None:
        said = {"percent": _number(making.yield_percent), "least": _percent(band.least_bp), "most": _percent(band.most_bp)} if band else {}
        if said:
            yield _("Yield %(percent)s %%, allowed %(least)s to %(most)s %%.") % said


def _of_each(making: Making, band: Band) -> str:
    said = {
        "each": amount_words(making.each.quantize(Decimal("0.01")), making.made_measure),
        "one": amount_words(Decimal(1), making.measure),
        "least": _number(Decimal(band.least_bp) / WHOLE_BP),
        "most": _number(Decimal(band.most_bp) / WHOLE_BP),
    }
    return _("%(each)s of %(one)s, allowed %(least)s to %(most)s.") % said


def _loss(percent: Decimal, band: Band | None) -> str:
    if band is None:
        return _("Loss %(percent)s %%.") % {"percent": _number(percent)}
    most = _percent(WHOLE_BP - band.least_bp)
    if band.most_bp >= WHOLE_BP:
        return _("Loss %(percent)s %%, allowed %(most)s %%.") % {"percent": _number(percent), "most": most}
    said = {"percent": _number(percent), "least": _percent(WHOLE_BP - band.most_bp), "most": most}
    return _("Loss %(percent)s %%, allowed %(least)s to %(most)s %%.") % said


def _percent(part_bp: int) -> str:
    return _number(Decimal(part_bp) / 100)


def _number(number: Decimal) -> str:
    return number_format(number.normalize(), use_l10n=True)
