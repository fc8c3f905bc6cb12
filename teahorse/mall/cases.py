"""After-sale cases as their buyer reads them: in a line, and what each choice would bring before she chooses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from teahorse.aftersales import actions, words
from teahorse.aftersales.actions import CaseDraft, Weighed
from teahorse.aftersales.models import AfterSaleCase
from teahorse.aftersales.queries import Standing
from teahorse.aftersales.rules import KINDS_OF_REASON, SHOWN_BY_PICTURE
from teahorse.common.ids import new_id
from teahorse.common.money import NotAnAmount, fen_of
from teahorse.common.refusals import Refusal
from teahorse.orders.models import OrderLine, SellerOrder

Kind = AfterSaleCase.Kind


@dataclass(frozen=True, slots=True)
class Told:
    """A case in a line of a list."""

    case: AfterSaleCase
    kind_words: str
    state_words: str
    next_words: str
    tone: str

    @property
    def pk(self) -> UUID:
        """Its key."""
        return self.case.pk

    @property
    def order_id(self) -> UUID:
        """The seller order that it is about."""
        return self.case.order_id


def told(case: AfterSaleCase) -> Told:
    """Return a case as its buyer reads it in a list."""
    state = AfterSaleCase.State(case.state)
    return Told(
        case,
        kind_words=str(words.KINDS[Kind(case.kind)]),
        state_words=str(words.STATES[state]),
        next_words=words.next_step(case, for_buyer=True),
        tone=words.tone(case),
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that a buyer may ask for, with what it would bring."""

    kind: str
    label: str
    fen: int
    ledger: list[dict[str, Any]]
    is_amount_asked: bool


@dataclass(slots=True)
class Form:
    """The form of a case: what was chosen and typed so far, and what is wrong with it."""

    order: SellerOrder
    standing: Standing
    units: dict[UUID, int]
    reason: str = ""
    kind: str = ""
    story: str = ""
    asked: str = ""
    key: UUID = field(default_factory=new_id)
    choices: list[Choice] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def reasons(self) -> list[tuple[str, str]]:
        """What may be wrong, in the order in which it is asked."""
        return [(str(reason), str(text)) for reason, text in words.REASONS.items()]

    @property
    def reason_words(self) -> str:
        """The chosen reason."""
        return dict(self.reasons).get(self.reason, "")

    @property
    def is_photo_needed(self) -> bool:
        """Whether a photograph has to show it."""
        return self.reason in SHOWN_BY_PICTURE

    @property
    def lines(self) -> list[tuple[OrderLine, int, int, bool]]:
        """Each line with the units that can still be asked for, those that are, and whether it goes back without a reason."""
        return [
            (one.line, one.units_left, min(self.units.get(one.line.pk, 0), one.units_left), one.has_no_reason_right)
            for one in self.standing.lines
        ]

    @property
    def chosen(self) -> list[tuple[OrderLine, int]]:
        """The lines that it is about, with their units."""
        return [(line, number) for line, _left, number, _may in self.lines if number]

    def draft(self) -> CaseDraft:
        """
        Return what is asked for.

        :raises teahorse.common.refusals.Malformed: if the amount is none.
        """
        return CaseDraft(
            key=self.key,
            order=self.order,
            kind=self.kind,
            reason=self.reason,
            units=self.units,
            story=self.story,
            asked_fen=amount_in(self.asked),
        )

    def weigh(self, *, now: datetime) -> None:
        """Work out what each choice would bring; where nothing can be asked, say why."""
        for kind in KINDS_OF_REASON.get(self.reason, ("",)):
            draft = CaseDraft(order=self.order, kind=kind, reason=self.reason, units=self.units, asked_fen=1)
            try:
                weighed = actions.weigh(draft=draft, now=now)
            except Refusal as refusal:
                self.refuse(refusal)
                return
            self.choices.append(_choice(kind, weighed))
        self.kind = self.kind or self.choices[0].kind

    def refuse(self, refusal: Refusal) -> None:
        """Keep why it was refused, at its field."""
        self.errors[refusal.field or "form"] = str(refusal)


def _choice(kind: str, weighed: Weighed) -> Choice:
    goods_fen = weighed.worth_fen - weighed.freight_fen
    ledger = [{"label": _("Paid for these goods"), "fen": goods_fen}]
    if weighed.freight_fen:
        ledger.append({"label": _("Freight"), "fen": weighed.freight_fen})
    is_part = kind == Kind.COMPENSATION
    ledger.append({"label": _("At most") if is_part else _("You get back"), "fen": weighed.worth_fen, "is_sum": True})
    return Choice(kind, str(words.KINDS[Kind(kind)]), weighed.worth_fen, ledger, is_part)


def amount_in(text: str) -> int | None:
    """Return an amount as it was typed; nothing where there is none."""
    try:
        return fen_of(text)
    except NotAnAmount:
        return None


def read_form(order: SellerOrder, standing: Standing, data: Mapping[str, str], *, key: UUID) -> Form:
    """Read what was chosen and typed."""
    units = {}
    for one in standing.lines:
        text = data.get(f"units.{one.line.position}", "").strip()
        units[one.line.pk] = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    form = Form(order, standing, units, key=key)
    form.reason, form.kind = data.get("reason", ""), data.get("kind", "")
    form.story, form.asked = data.get("story", ""), data.get("asked", "").strip()
    return form
