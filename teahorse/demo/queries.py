"""Who may try the demo as whom, and which labels lie about to be scanned."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from teahorse.demo.keys import key_of
from teahorse.demo.loading import e164
from teahorse.demo.reading import Row, read, words
from teahorse.demo.stories import told_stories
from teahorse.people.models import Organisation
from teahorse.trace.addresses import of_code
from teahorse.trace.models import LabelCode

CODE = "code"
FIRST_PAGE = {
    Organisation.Kind.REGION_CENTRE: "desk",
    Organisation.Kind.COUNTY_CENTRE: "approvals",
    Organisation.Kind.TOWNSHIP_STATION: "parcels",
    Organisation.Kind.VILLAGE_POINT: "parcels",
}
"""The page of the workbench that shows most of what a kind of organisation does; a seller's is her day."""


@dataclass(frozen=True)
class DemoPerson:
    """
    One line of the table that the start prints: what she can try, by language, and how she logs in.

    ``password`` is the password, or ``code`` for who logs in with a code sent to her phone (the sandbox shows it).
    ``role`` is the kind of her organisation, or ``buyer``. ``address`` is the path of the page to open first.
    """

    label: dict[str, str]
    phone: str
    password: str
    role: str
    address: str
    is_shown: bool


def demo_people() -> list[DemoPerson]:
    """Return the persons of the demo: first those that the short table shows."""
    kinds = {row["key"]: row["kind"] for row in read("organisations.toml")["organisation"]}
    rows = sorted(read("people.toml")["person"], key=lambda row: not row["show"])
    return [_person(row, kinds) for row in rows]


def _person(row: Row, kinds: dict[str, str]) -> DemoPerson:
    organisation = next((membership["organisation"] for membership in row["memberships"]), None)
    return DemoPerson(
        label=words(row["label"]),
        phone=e164(row["phone"]),
        password=row.get("password", CODE),
        role=kinds[organisation] if organisation else "buyer",
        address=_address(organisation, kinds[organisation]) if organisation else settings.LOGIN_REDIRECT_URL,
        is_shown=row["show"],
    )


def _address(organisation: str, kind: str) -> str:
    page = FIRST_PAGE.get(Organisation.Kind(kind), "day")
    return reverse(f"console:{page}", kwargs={"org": organisation})


@dataclass(frozen=True)
class DemoCode:
    """A label of the demo to be scanned: what it is on, by language, and the path of its page."""

    label: dict[str, str]
    address: str


def demo_codes() -> list[DemoCode]:
    """Return a label of each told story, those whose goods are well before those that are not, as far as they are there."""
    rows = {key_of("labels", f"{story['story']} {row['key']}"): row for story in told_stories() for row in story["labels"]}
    codes = LabelCode.objects.filter(sheet__form_key__in=rows, position=0).values_list("sheet__form_key", "code")
    found = [(rows[form_key], code) for form_key, code in codes if form_key is not None]
    return [DemoCode(words(row["label"]), of_code(code)) for row, code in sorted(found, key=lambda one: int(one[0]["turn"]))]
