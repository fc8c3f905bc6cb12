"""How official codes make a tree, and which areas in it are stand-ins that no person would name."""

STAND_INS = ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划")
"""Names of prefectures that exist only in the codes: the districts of a direct-controlled municipality, counties below no prefecture."""

CODE_LENGTHS = (2, 4, 6, 9, 12)
"""Digits of a region's, prefecture's, county's, township's and village's code."""

MARKED, UNMARKED = "āáàâäǎēéèêëěīíìîïǐōóòôöǒūúùûüǔñç", "aaaaaaeeeeeeiiiiiioooooouuuuuunc"
APOSTROPHES = "’ʼ'"


def plain_latin(text: str) -> str:
    """Return a Latin name as people type it: small letters without marks and apostrophes (``Dêqên`` as ``deqen``)."""
    return text.lower().translate(str.maketrans(MARKED, UNMARKED, APOSTROPHES))


def prefixes(code: str) -> list[str]:
    """Return the codes on the way from the region down to ``code``, itself included."""
    return [code[:length] for length in CODE_LENGTHS if length <= len(code)]


def is_stand_in(name: str, *, above: str) -> bool:
    """
    Return whether an area only fills a level of the codes.

    ``above`` is the name of the area over it: Dongguan (4419) has no counties, so its townships hang at a
    county (441900) that is called Dongguan as well.
    """
    return name in STAND_INS or name == above
