"""Which rights an organisation's kind and a member's role give; how phones are written; what is hidden of a person."""

import re
import unicodedata
from collections.abc import Collection, Mapping

import phonenumbers

SELLER = frozenset({"list_goods", "ship_orders", "handle_cases", "promote", "see_money", "trace"})
STATION = frozenset({"handle_parcels", "take_cash"})
CENTRE = frozenset({"approve_listings", "desk_orders", "handle_parcels", "take_cash", "promote", "settle", "trace"})

OWN_RIGHTS: Mapping[str, frozenset[str]] = {
    "region_centre": CENTRE,
    "county_centre": CENTRE,
    "township_station": STATION,
    "village_point": STATION,
    "cooperative": SELLER,
    "company": SELLER,
    "department_store": SELLER | {"take_cash"},
}
"""What a member may do for an organisation of a kind; a manager may also ``manage_members``."""

RIGHTS_OVER_AREA = frozenset({"approve_listings", "desk_orders", "settle", "trace"})
"""Rights that a centre has over every organisation in its area."""

AREA_OF_CENTRE: Mapping[str, int] = {"region_centre": 2, "county_centre": 6}
"""How many digits of its area's code say which area a centre looks after: its region, its county."""

MANAGE_MEMBERS = "manage_members"
"""The right that only managers have, of every kind of organisation."""


def kinds_with(right: str) -> list[str]:
    """Return the kinds of organisation whose members have a right by themselves."""
    return [kind for kind, rights in OWN_RIGHTS.items() if right in rights or right == MANAGE_MEMBERS]


def may_grant(kind: str, right: str) -> bool:
    """Return whether an organisation of a kind has a right to give away; nobody lets a friend approve her goods."""
    return kind in kinds_with(right)


LONGEST_NAME = 80
JOINERS = "\u200c\u200d"


class NotAName(ValueError):
    """The text cannot be a person's name; carries why: ``empty``, ``long`` or ``unseen``."""


def normal_name(text: str) -> str:
    """
    Return a person's name as it is stored: one space between words, none around them.

    :raises NotAName: if nothing is left, if it is longer than 80 signs, or holds signs that nobody sees (such as those
        that turn the direction of writing, by which a name could pass for another).
    """
    name = " ".join(text.split())
    faults = {
        "empty": not name,
        "long": len(name) > LONGEST_NAME,
        # not every category C: rare characters of names are younger than this Python, or privately used
        "unseen": any(unicodedata.category(sign) in {"Cc", "Cf", "Cs"} and sign not in JOINERS for sign in name),
    }
    for fault, is_so in faults.items():
        if is_so:
            raise NotAName(fault)
    return name


class NotAPhone(ValueError):
    """The text is no phone number that messages reach."""


MOBILE = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
CHINESE_MOBILE = re.compile(str(phonenumbers.PhoneMetadata.metadata_for_region("CN", None).mobile.national_number_pattern))  # type: ignore[union-attr]  # China has both
"""The Chinese mobile numbers that are given out; nearly every number is one of these, and looking is 30 times quicker than parsing."""


def normal_phone(text: str, *, region: str = "CN") -> str:
    """
    Return a mobile number as it is stored (E.164, ``+8613800138000``), however a person typed it.

    :raises NotAPhone: if it is none, or a landline.
    """
    digits = text.removeprefix("+86")
    if region == "CN" and digits.isascii() and CHINESE_MOBILE.fullmatch(digits):
        return f"+86{digits}"
    return _normal(text, region, kinds=MOBILE)


def normal_telephone(text: str, *, region: str = "CN") -> str:
    """
    Return a number under which somebody can be called, mobile or landline, as it is stored (E.164, ``+868937820000``).

    :raises NotAPhone: if it is none.
    """
    return _normal(text, region, kinds=(*MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE))


def _normal(text: str, region: str, *, kinds: Collection[int]) -> str:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise NotAPhone(text) from error
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in kinds:
        raise NotAPhone(text)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


TSHEG = "་"
HIDDEN = "*"
HIDDEN_PHONE_DIGITS = 6


def masked_name(name: str) -> str:
    """
    Return a name with at least one character hidden, and no more shown than tells two parcels apart.

    Chinese keeps the first and last character (``扎**玛``, ``张*``), Tibetan the first and last syllable
    (``བཀྲ་*་*་མ``), Latin the first letter of each word (``T**** D****``).
    """
    name = " ".join(name.split())
    if TSHEG in name:
        return TSHEG.join(_ends_shown([part for part in name.split(TSHEG) if part]))
    signs = _signs(name)
    if any(_is_alphabetic(sign) for sign in signs):
        words = [_signs(word) for word in name.split()]
        return " ".join(HIDDEN if len(word) == 1 else word[0] + HIDDEN * (len(word) - 1) for word in words)
    return "".join(_ends_shown(signs))


def masked_phone(phone: str) -> str:
    """Return a phone number with six digits hidden (``199******01``), as waybills ask; a short one is hidden but for what is over."""
    digits = phone.removeprefix("+86") if phone.startswith("+86") else phone
    sign = "+" if digits.startswith("+") else ""
    digits = "".join(letter for letter in digits if letter.isdecimal())
    shown = max(0, len(digits) - HIDDEN_PHONE_DIGITS)
    tail = min(2, shown)
    head = shown - tail
    return sign + digits[:head] + HIDDEN * min(HIDDEN_PHONE_DIGITS, len(digits)) + digits[head + HIDDEN_PHONE_DIGITS :]


DOOR_NUMBERS = re.compile(r"[A-Za-z]?\d+[A-Za-z]?|[〇零一二三四五六七八九十百两甲乙丙丁]+(?=[号號室栋幢座楼层单户家弄])")


def masked_line(line: str) -> str:
    """Return the last line of an address with its door numbers hidden (``演示路 *** 号 * 单元 ***``)."""
    return DOOR_NUMBERS.sub(lambda number: HIDDEN * len(number[0]), line)


def _ends_shown(parts: list[str]) -> list[str]:
    if len(parts) <= 2:
        return [*parts[: len(parts) - 1], *[HIDDEN for _ in parts[-1:]]]
    return [parts[0], *[HIDDEN for _ in parts[1:-1]], parts[-1]]


def _signs(text: str) -> list[str]:
    """Return a text sign by sign: a letter and the marks that stand on it are one."""
    signs: list[str] = []
    for letter in text:
        if signs and unicodedata.category(letter).startswith("M"):
            signs[-1] += letter
        else:
            signs.append(letter)
    return signs


def _is_alphabetic(sign: str) -> bool:
    return unicodedata.name(sign[0], "").startswith(("LATIN", "CYRILLIC", "GREEK"))
