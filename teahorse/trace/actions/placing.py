"""Places where things grow and are made, as their owner tells them."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.ids import new_id
from teahorse.common.refusals import Malformed
from teahorse.people.models import Organisation
from teahorse.places.models import Area
from teahorse.trace.models import Site

LOWEST_M, HIGHEST_M = -200, 8849
LONGEST = {"name": 80, "name_bo": 80, "name_en": 80, "ground": 200, "water": 200, "about": 2000}


@dataclass(frozen=True, kw_only=True)
class SiteSaid:
    """What an owner tells of a place."""

    kind: str
    name: str
    name_bo: str = ""
    name_en: str = ""
    ground: str = ""
    water: str = ""
    about: str = ""
    height_m: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    shown_as: str = Site.ShownAs.VILLAGE


@transaction.atomic
def add_site(*, owner: Organisation, area: Area, said: SiteSaid) -> Site:
    """
    Write down a place of an owner; its name in events is made here and stays.

    :raises Malformed: if something told of it cannot be; the field is named and nothing is changed.
    """
    _check(said)
    key = new_id()
    named = f"{said.kind.replace('_', '-')}-{key.hex[-6:]}"
    site = Site(id=key, county_id=owner.county_id, owner=owner, key=named, area=area)
    return _told(site, said)


@transaction.atomic
def change_site(*, site: Site, area: Area, said: SiteSaid) -> Site:
    """
    Tell a place anew; what was told by events of it stays, and so does its name there.

    :raises Malformed: if something told of it cannot be; nothing is changed.
    """
    _check(said)
    site = Site.objects.select_for_update(of=("self",)).get(pk=site.pk)
    site.area = area
    return _told(site, said)


@transaction.atomic
def leave_site(*, site: Site, now: datetime) -> None:
    """Offer a place no more when a step is told; its story stays. Harmless twice."""
    Site.objects.filter(pk=site.pk, left_at=None).update(left_at=now)


def _told(site: Site, said: SiteSaid) -> Site:
    for name, value in asdict(said).items():
        setattr(site, name, value or None if name in {"name_bo", "name_en"} else value)
    site.save()
    return site


def _check(said: SiteSaid) -> None:
    has_point = said.latitude is not None and said.longitude is not None
    problems = [
        (said.kind not in Site.Kind.values, "kind", _("Choose what kind of place it is.")),
        (not said.name.strip(), "name", _("Write the name that people there use.")),
        (said.shown_as not in Site.ShownAs.values, "shown_as", _("Choose how exactly strangers see it.")),
        (said.height_m is not None and not LOWEST_M <= said.height_m <= HIGHEST_M, "height_m", _("No place is at this height.")),
        ((said.latitude is None) != (said.longitude is None), "latitude", _("Give both numbers of the point, or none.")),
        (has_point and not (-90 <= (said.latitude or 0) <= 90 and -180 <= (said.longitude or 0) <= 180), "latitude", _("No such point.")),
        (said.shown_as == Site.ShownAs.POINT and not has_point, "shown_as", _("To show the point, give it.")),
        *((len(getattr(said, name)) > most, name, _("This is too long.")) for name, most in LONGEST.items()),
    ]
    for is_so, name, reason in problems:
        if is_so:
            raise Malformed(field=name, reason=reason)
