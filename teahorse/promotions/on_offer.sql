-- The promotions that could serve somebody who buys from these sellers: the automatic ones that run now, what the named codes give, and
-- the vouchers of her phone. Of one that is limited, what is left of it; over which of them is given decides promotions/rules.py.
with candidate as (
    select id as promotion_id, null::uuid as coupon_id, '' as typed
      from promotions_automatic_at(%(sellers)s::uuid[], %(at)s::timestamptz)
     union all
    select promotion_id, id, code from promotions_coupon where code = any(%(codes)s::text[])
     union all
    select promotion_id, id, '' from promotions_coupon where phone = %(phone)s and phone <> '' and not code = any(%(codes)s::text[])
)
select promotion.id, promotion.stage, promotion.owner_id, promotion.scope, promotion.scope_ids, promotion.percent_bp, promotion.off_fen,
       promotion.threshold_fen, promotion.budget_fen - promotion.spent_fen, promotion.ends_at, promotion.bearer, promotion.bearer_party_id,
       promotion.title, promotion.i18n ->> 'title_bo', promotion.i18n ->> 'title_en', promotion.kind,
       promotion.paused_at is null and promotion.starts_at <= %(at)s::timestamptz and %(at)s::timestamptz < promotion.ends_at,
       coalesce(promotion.most_uses - promotion.uses, 1) < 1,
       promotion.per_person,
       case when promotion.per_person is not null and %(phone)s <> '' then
           (select count(*) from promotions_couponuse use
             where use.promotion_id = promotion.id and use.phone = %(phone)s and use.phone <> '' and use.state in ('held', 'used'))
       end,
       coupon.id, coupon.code, candidate.typed, coupon.phone in ('', %(phone)s),
       coupon.is_single and (  -- not "exists": of that the planner makes a table of all coupons that were ever used
           select true from promotions_couponuse use where use.coupon_id = coupon.id and use.state in ('held', 'used') limit 1
       ) is not null
  from candidate
  join promotions_promotion promotion on promotion.id = candidate.promotion_id
  left join promotions_coupon coupon on coupon.id = candidate.coupon_id
