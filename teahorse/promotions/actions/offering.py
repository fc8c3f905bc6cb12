"""Offering promotions: beginning them, pausing and resuming, raising a budget, and handing out vouchers. They end by themselves."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from teahorse.common.refusals import Malformed, NotThere, Refusal
from teahorse.people.models import Organisation, Person
from teahorse.promotions.models import Coupon, Promotion
from teahorse.promotions.rules import plain_code, stage_of

Kind, Scope, Bearer = Promotion.Kind, Promotion.Scope, Promotion.Bearer
MOST_FEN = 100_000_000_000
LONGEST = timedelta(days=731)
SHORTEST_CODE, LONGEST_CODE = 4, 24
SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Of what a voucher's code is drawn: no sign looks like another."""


class NotYoursToOffer(Refusal):
    """An organisation of this kind offers no such promotion."""

    code = "not_yours_to_offer"
    sentence = _("An organisation of this kind offers no such promotion.")


class CodeTaken(Refusal):
    """Another promotion has this code."""

    code = "code_taken"
    sentence = _("Another promotion has the code %(code)s. Choose another one.")


class AlreadyEnded(Refusal):
    """The promotion is over."""

    code = "already_ended"
    sentence = _("This promotion is over already.")


class NotToFetch(Refusal):
    """The voucher is not handed out (any more)."""

    code = "not_to_fetch"
    sentence = _("This voucher is not handed out any more.")


class NoVerifiedPhone(Refusal):
    """The person has no verified phone."""

    code = "no_verified_phone"
    sentence = _("A voucher belongs to a phone number. Log in with yours first.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """What is to be offered, as its form or a program says it; titles by language, Chinese needed."""

    kind: str
    titles: Mapping[str, str]
    starts_at: datetime
    ends_at: datetime
    percent_bp: int = 0
    off_fen: int = 0
    threshold_fen: int = 0
    scope: str = Scope.ALL
    scope_ids: Sequence[UUID] = ()
    per_person: int | None = None
    most_uses: int | None = None
    budget_fen: int | None = None
    is_public_budget: bool = False
    code: str = ""


@transaction.atomic
def offer_promotion(*, owner: Organisation, draft: Draft, by: Person | None, now: datetime, key: UUID | None = None) -> Promotion:
    """
    Offer a promotion; its terms stay as they are from now on.

    A seller bears what it offers, on its own goods alone. A county centre pays from a public budget for the goods of its county,
    the region's centre from the platform's money or from a public budget for any. The same ``key`` again is the same promotion.

    :raises NotYoursToOffer: for a station, or a voucher of a seller. :raises NotThere: if the key is another owner's.
    :raises Malformed: with the field that is wrong. :raises CodeTaken: if the code is another's. Nothing is written in any.
    """
    if key is not None:
        Organisation.objects.select_for_update(no_key=True).get(pk=owner.pk)  # so that a form that is sent twice at once finds itself
        known = Promotion.objects.filter(pk=key).first()
        if known is not None and known.owner_id != owner.pk:
            raise NotThere(field="kind")
        if known is not None:
            return known
    is_sellers = owner.kind in Organisation.SELLERS
    is_county = owner.kind == Organisation.Kind.COUNTY_CENTRE
    if not (is_sellers or is_county or owner.kind == Organisation.Kind.REGION_CENTRE) or (is_sellers and draft.kind == Kind.VOUCHER):
        raise NotYoursToOffer(field="kind")
    _check(draft, now)
    code = _checked_code(draft)
    is_public = is_county or (draft.is_public_budget and not is_sellers)
    if is_public and draft.budget_fen is None:
        raise Malformed(field="budget", reason=_("A public budget has a sum."))
    scope, scope_ids = (Scope.COUNTY, [owner.county_id]) if is_county else (draft.scope, sorted(set(draft.scope_ids)))
    promotion = Promotion(
        county_id=owner.county_id,
        owner=owner,
        kind=draft.kind,
        stage=stage_of(is_sellers=is_sellers, kind=draft.kind),
        title=draft.titles["zh-hans"].strip(),
        i18n={f"title_{language}": text for language, text in draft.titles.items() if language in {"bo", "en"} and text.strip()},
        percent_bp=draft.percent_bp,
        off_fen=draft.off_fen,
        threshold_fen=draft.threshold_fen,
        scope=scope,
        scope_ids=scope_ids,
        starts_at=draft.starts_at,
        ends_at=draft.ends_at,
        per_person=draft.per_person,
        most_uses=draft.most_uses,
        budget_fen=draft.budget_fen,
        bearer=Bearer.SELLER if is_sellers else Bearer.BUDGET if is_public else Bearer.PLATFORM,
        bearer_party=owner if is_public else None,
        made_by_id=by.pk if by else None,
        made_at=now,
    )
    if key is not None:
        promotion.pk = key
    promotion.save(force_insert=True)
    if code:
        try:
            with transaction.atomic():
                Coupon.objects.create(promotion=promotion, code=code, issued_at=now)
        except IntegrityError as error:
            raise CodeTaken(field="code", code=code) from error
    return promotion


def _check(draft: Draft, now: datetime) -> None:
    if draft.kind not in Kind.values:
        raise Malformed(field="kind", reason=_("Choose one of the list."))
    if not draft.titles.get("zh-hans", "").strip():
        raise Malformed(field="title", reason=_("Write a title in Chinese; buyers read it beside the price."))
    if any(len(text) > 60 for text in draft.titles.values()):
        raise Malformed(field="title", reason=_("A title has 60 characters at most."))
    if (draft.percent_bp > 0) == (draft.off_fen > 0) or draft.percent_bp > 9_000 or not 0 <= draft.off_fen <= MOST_FEN:
        raise Malformed(field="off", reason=_("Either a percentage up to 90, or a sum of yuan is taken off."))
    if not 0 <= draft.threshold_fen <= MOST_FEN:
        raise Malformed(field="threshold", reason=_("A sum of yuan is needed here."))
    if draft.scope not in Scope.values or (draft.scope == Scope.ALL) == bool(draft.scope_ids):
        raise Malformed(field="scope", reason=_("Choose for which goods it is."))
    if draft.ends_at <= now or not draft.starts_at < draft.ends_at <= draft.starts_at + LONGEST:
        raise Malformed(field="ends", reason=_("It ends after it begins and after today, within two years."))
    for name, number in (("per_person", draft.per_person), ("most_uses", draft.most_uses), ("budget", draft.budget_fen)):
        if number is not None and not 1 <= number <= (
            30_000 if name == "per_person" else 2_000_000_000 if name == "most_uses" else MOST_FEN
        ):
            raise Malformed(field=name, reason=_("Write a number from 1 on, or leave it empty."))


def _checked_code(draft: Draft) -> str:
    """Return the code of a promotion that is given by one, else nothing."""
    if draft.kind != Kind.COUPON_CODE:
        return ""
    code = plain_code(draft.code)
    if not (SHORTEST_CODE <= len(code) <= LONGEST_CODE and code.replace("-", "").isalnum()):
        raise Malformed(field="code", reason=_("A code has 4 to 24 letters or digits."))
    return code


@transaction.atomic
def pause_promotion(*, promotion: Promotion, now: datetime) -> Promotion:
    """
    Give it to nobody from now on; orders that wait for money keep theirs. Harmless twice.

    :raises AlreadyEnded: if it is over.
    """
    promotion = _locked(promotion, now)
    promotion.paused_at = promotion.paused_at or now
    promotion.save(update_fields=["paused_at"])
    return promotion


@transaction.atomic
def resume_promotion(*, promotion: Promotion, now: datetime) -> Promotion:
    """
    Give it again. Harmless twice.

    :raises AlreadyEnded: if it is over.
    """
    promotion = _locked(promotion, now)
    promotion.paused_at = None
    promotion.save(update_fields=["paused_at"])
    return promotion


@transaction.atomic
def raise_budget(*, promotion: Promotion, to_fen: int, now: datetime) -> Promotion:
    """
    Give a promotion more money, ``to_fen`` in all.

    :raises AlreadyEnded: if it is over. :raises Malformed: if it has no budget, or a larger one.
    """
    promotion = _locked(promotion, now)
    if promotion.budget_fen is None or not promotion.budget_fen < to_fen <= MOST_FEN:
        raise Malformed(field="budget", reason=_("A budget only grows: write a larger sum."))
    promotion.budget_fen = to_fen
    promotion.save(update_fields=["budget_fen"])
    return promotion


def _locked(promotion: Promotion, now: datetime) -> Promotion:
    found = Promotion.objects.select_for_update(no_key=True).get(pk=promotion.pk)
    if found.ends_at <= now:
        raise AlreadyEnded
    return found


@transaction.atomic
def fetch_voucher(*, promotion_id: UUID, person: Person, now: datetime) -> Coupon:
    """
    Hand a voucher to a person, once to each verified phone; asked again, the same one. Its budget is only touched when it is used.

    :raises NotToFetch: if it is not handed out. :raises NoVerifiedPhone: if nobody knows whose it would be.
    """
    if not (person.phone and person.is_phone_verified):
        raise NoVerifiedPhone
    promotion = Promotion.objects.filter(pk=promotion_id, kind=Kind.VOUCHER, paused_at=None, starts_at__lte=now, ends_at__gt=now).first()
    if promotion is None:
        raise NotToFetch
    code = "-".join("".join(secrets.choice(SIGNS) for _sign in range(4)) for _part in range(3))
    coupon = Coupon(promotion=promotion, code=code, phone=person.phone, is_single=True, issued_at=now)
    Coupon.objects.bulk_create([coupon], ignore_conflicts=True)
    return Coupon.objects.select_related("promotion").get(promotion=promotion, phone=person.phone)
