from django.db import migrations

HOLDING = """
-- The discounts that come by themselves and hold at a moment for who buys from these sellers: begun and not over, not paused, and with
-- something left of what is limited. PostgreSQL puts this into the statement that asks (one plain select, stable, not strict).
create function promotions_automatic_at(sellers uuid[], at timestamptz)
returns setof promotions_promotion language sql stable parallel safe as $$
    select promotion.*
      from promotions_promotion promotion
     where promotion.kind = 'automatic' and promotion.paused_at is null and promotion.ends_at > at and promotion.starts_at <= at
       and (promotion.bearer <> 'seller' or promotion.owner_id = any(sellers))
       and coalesce(promotion.budget_fen > promotion.spent_fen, true) and coalesce(promotion.most_uses > promotion.uses, true)
$$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("promotions", "0001_discounts_are_counted"),
    ]

    operations = [
        migrations.RunSQL(HOLDING, "drop function promotions_automatic_at(uuid[], timestamptz)"),
    ]
