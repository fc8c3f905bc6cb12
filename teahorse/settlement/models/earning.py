"""What sellers earn, and when it becomes theirs to be paid."""

import pgtrigger
from django.db import models

from teahorse.common.models import CountyOwned
from teahorse.settlement.models.payout import Payout


class Maturity(CountyOwned):
    """
    What of one seller, at one place, becomes payable at one moment: the sum of its earnings, which are never changed themselves.

    It grows while it matures, by what is booked meanwhile. It matures by one entry in the books, whose source it is, and is then claimed
    by one payout. What is payable at once (fees that were collected, a payout that came back) is born so, without an entry of its own.
    """

    class State(models.TextChoices):
        MATURING = "maturing"
        PAYABLE = "payable"

    seller_id = models.UUIDField()
    provider = models.CharField(max_length=20, blank=True, default="", help_text="where it stands; nothing: with the house")
    matures_at = models.DateTimeField()
    amount_fen = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.MATURING)
    payout = models.ForeignKey(Payout, models.PROTECT, related_name="maturities", null=True, db_index=False)

    class Meta:
        verbose_name_plural = "maturities"
        constraints = [
            models.UniqueConstraint(
                fields=["seller_id", "provider", "matures_at"],
                condition=models.Q(state="maturing"),
                name="what_matures_at_one_moment_and_place_is_one",
            ),
            models.CheckConstraint(condition=models.Q(payout=None) | models.Q(state="payable"), name="only_what_has_matured_is_paid"),
        ]
        indexes = [
            models.Index(fields=["matures_at"], name="maturity_to_come", condition=models.Q(state="maturing")),
            models.Index(fields=["seller_id"], name="maturity_to_pay", condition=models.Q(state="payable", payout=None)),
            models.Index(fields=["seller_id", "matures_at"], name="maturity_of_seller"),
            models.Index(fields=["payout"], name="maturity_of_payout", condition=models.Q(payout__isnull=False)),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="a_maturity_stays_where_it_is", exclude=["amount_fen", "state", "payout"]),
            pgtrigger.Protect(name="maturities_are_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="what_has_matured_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state="payable")
                & (pgtrigger.Q(old__state__df=pgtrigger.F("new__state")) | pgtrigger.Q(old__amount_fen__df=pgtrigger.F("new__amount_fen"))),
            ),
            pgtrigger.Trigger(
                name="what_is_payable_is_the_sum_of_its_earnings",
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("state"),
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__state="payable"),
                func="""
                    if new.amount_fen is distinct from (select sum(amount_fen) from settlement_earning where maturity_id = new.id) then
                        raise check_violation using message = 'what is payable is not the sum of its earnings: ' || new.id;
                    end if;
                    return null;
                """,
            ),
            pgtrigger.Trigger(
                name="what_is_claimed_is_let_go_by_a_draft_only",
                operation=pgtrigger.UpdateOf("payout_id"),
                when=pgtrigger.Before,
                condition=pgtrigger.Q(old__payout_id__isnull=False),
                func="""
                    if new.payout_id is distinct from old.payout_id
                       and (select state from settlement_payout where id = old.payout_id) not in ('draft', 'dropped') then
                        raise check_violation using message = 'an earning stays with the payout that claimed it';
                    end if;
                    return new;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.matures_at:%F} {self.amount_fen} {self.state}"


class Earning(CountyOwned):
    """
    What a seller gets, or owes, by one fact: a closed order, a refund after closing, a payout that came back.

    Whoever gets fees of others' sales has one for each time when they were collected; for that she is the ``seller`` here, whatever she is.

    One row per place where the money stands: at the provider (``provider``) what she collected herself, with the house ("") all else.
    It is written once. When it can be paid its ``maturity`` says, of which it is a part; only what is disputed when that is due moves on
    to the next of the same moment.
    """

    class Kind(models.TextChoices):
        SALE = "sale"
        REVERSAL = "reversal"
        RETURNED = "returned"
        ADJUSTMENT = "adjustment"
        FEES = "fees"

    seller_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    source_id = models.UUIDField(help_text="the order, the refund, the payout; collected fees are their own")
    order_id = models.UUIDField(null=True)
    provider = models.CharField(max_length=20, blank=True, default="", db_default="", help_text="where it stands; nothing: with the house")
    amount_fen = models.BigIntegerField()
    earned_at = models.DateTimeField()
    # no constraint of the database: to ask for each of a day's earnings costs more than to compare the sums once
    maturity = models.ForeignKey(Maturity, models.PROTECT, related_name="earnings", db_index=False, db_constraint=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "source_id", "provider"], name="a_fact_is_earned_once_per_place"),
            models.CheckConstraint(condition=~models.Q(amount_fen=0), name="an_earning_is_of_something"),
        ]
        indexes = [
            models.Index(fields=["maturity"], name="earning_of_maturity"),
            models.Index(fields=["order_id"], name="earning_of_order"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="an_earning_stays_as_earned", exclude=["maturity"]),
            pgtrigger.Protect(name="earnings_are_never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="an_earning_moves_on_only_while_it_matures",
                operation=pgtrigger.UpdateOf("maturity_id"),
                when=pgtrigger.Before,
                condition=pgtrigger.Q(old__maturity_id__df=pgtrigger.F("new__maturity_id")),
                func="""
                    if exists (select from settlement_maturity where id in (old.maturity_id, new.maturity_id) and state <> 'maturing') then
                        raise check_violation using message = 'an earning stays with that by which it matured';
                    end if;
                    return new;
                """,
            ),
            pgtrigger.Trigger(
                name="an_earning_moves_on_to_the_same_moment",
                operation=pgtrigger.UpdateOf("maturity_id"),
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(old__maturity_id__df=pgtrigger.F("new__maturity_id")),
                func="""
                    if (select (seller_id, provider, matures_at) from settlement_maturity where id = new.maturity_id) is distinct from
                       (select (seller_id, provider, matures_at) from settlement_maturity where id = old.maturity_id) then
                        raise check_violation using message = 'an earning moves on to what matures at the same moment';
                    end if;
                    return null;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_fen}"
