"""Which fees a sale carries, by the rules that hold when it is placed; the rules and who gets fees are read once for many sales."""

from dataclasses import dataclass, field
from uuid import UUID

from teahorse.settlement import rules
from teahorse.settlement.centres import Centres, centres
from teahorse.settlement.facts import Part, SaleFacts
from teahorse.settlement.models import FeeRule


@dataclass
class Terms:
    """The fee rules and who gets what by them, as far as somebody has asked."""

    fee_rules: list[rules.Rule] | None = None
    holding: dict[tuple[object, ...], list[rules.Rule]] = field(default_factory=dict)
    """The rules that win, by what they ask of a sale."""
    centres: Centres | None = None
    getting: dict[tuple[int, UUID | None], dict[str, UUID | None]] = field(default_factory=dict)

    def fees(self, facts: SaleFacts, paying: Part, total_fen: int) -> list[rules.Fee]:
        """Return the fees of a sale of so much, at the rates of the day of placing."""
        deal = self._deal(facts, paying, total_fen)
        asked = deal.asked
        if asked not in self.holding:
            if self.fee_rules is None:
                self.fee_rules = [rule.terms for rule in FeeRule.objects.order_by("pk")]
            self.holding[asked] = rules.winners(self.fee_rules, deal)
        return rules.fees(self.holding[asked], deal)

    def _deal(self, facts: SaleFacts, paying: Part, total_fen: int) -> rules.Deal:
        return rules.Deal(
            seller=facts.seller_id,
            county=facts.county_id,
            seller_kind=facts.seller_kind,
            provider=paying.provider,
            pickup_level=facts.pickup_level,
            day=rules.day_of(facts.placed_at),
            goods_fen=max(0, total_fen - facts.freight_fen - facts.freight_subsidy_fen),
            total_fen=total_fen,
            weight_grams=facts.weight_grams,
            beneficiaries=self._beneficiaries(facts),
            freight_cost_fen=facts.freight_cost_fen,
        )

    def _beneficiaries(self, facts: SaleFacts) -> dict[str, UUID | None]:
        key = (facts.county_id.int, facts.pickup_owner_id)
        if key in self.getting:
            return self.getting[key]
        if self.centres is None:
            self.centres = centres()
        beneficiaries: dict[str, UUID | None] = {
            FeeRule.Beneficiary.PLATFORM: self.centres.platform_of(facts.county_id),
            FeeRule.Beneficiary.PROVIDER: None,
        }
        if facts.county_id in self.centres.counties:
            beneficiaries[FeeRule.Beneficiary.CENTRE] = self.centres.counties[facts.county_id]
        if facts.pickup_owner_id is not None:
            beneficiaries[FeeRule.Beneficiary.PICKUP] = facts.pickup_owner_id
        self.getting[key] = beneficiaries
        return beneficiaries
