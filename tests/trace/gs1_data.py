"""What hypothesis needs to make data of GS1."""

from hypothesis import strategies as st

from teahorse.trace.gs1.application_identifiers import IDENTIFIERS
from teahorse.trace.gs1.character_sets import CSET39, CSET64, CSET82, DIGITS
from teahorse.trace.gs1.check_digits import check_pair
from teahorse.trace.gs1.element_strings import Element
from teahorse.trace.gs1.keys import closed

ALPHABETS = {"N": DIGITS, "X": CSET82, "Y": CSET39, "Z": CSET64}
GENERATED = {"csum", "gcppos1", "gcppos2"}

gtins = st.text("13456789", min_size=13, max_size=13).map(closed)
lots = st.text(CSET82, min_size=1, max_size=20).filter(lambda lot: lot not in {".", ".."})
models = st.text(CSET82, min_size=1, max_size=23).map(lambda text: text + check_pair(text))


@st.composite
def components(draw, component):
    """Draw the text of a component that has no other syntax tests than a check digit."""
    is_closed = "csum" in component.linters
    sizes = {"min_size": component.shortest - is_closed, "max_size": component.longest - is_closed}
    text = draw(st.text(ALPHABETS[component.kind], **sizes))
    return closed(text) if is_closed else text


PLAIN = [one for one in IDENTIFIERS.values() if all(GENERATED.issuperset(component.linters) for component in one.components)]
KEYS = [one for one in PLAIN if one.is_key and not one.needs]


@st.composite
def elements(draw, among=PLAIN):
    """Draw an element of an identifier that has no special syntax tests; optional components are there or not."""
    known = draw(st.sampled_from(among))
    value = ""
    for component in known.components:
        if component.is_optional and not draw(st.booleans()):
            break
        value += draw(components(component))
    return Element(known.ai, value)
