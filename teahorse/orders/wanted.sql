-- What somebody wants to buy, in the order in which she wanted it: the lines of a cart (a guest's by its key, a person's by
-- herself), or the units that are listed, at the prices of a moment (``at``; else of now), with all that showing and pricing them asks for. Texts stand in the asked language, else in Chinese.
with wish as (
    select line.offer_id, line.quantity::int as quantity, line.origin, row_number() over (order by line.added_at, line.id) as place
      from orders_cart cart
      join orders_cartline line on line.cart_id = cart.id
     where cart.id = %(cart)s and cart.person_id is null or cart.person_id = %(person)s
     union all
    select offer_id, quantity, %(origin)s, place
      from unnest(%(offers)s::uuid[], %(units)s::int[]) with ordinality as listed(offer_id, quantity, place)
)
select wish.offer_id, wish.quantity, wish.origin,
       variant.product_id, product.category_id, offer.seller_id, seller.county_id, area.code,
       coalesce(nullif(product.i18n ->> %(title)s, ''), product.title),
       coalesce(nullif(variant.i18n ->> %(name)s, ''), variant.name),
       product.drawing, price.price_fen, variant.weight_grams,
       offer.is_active and product.published_at is not null and product.withdrawn_at is null,
       coalesce(level.on_hand - level.reserved, 0),
       seller.key, coalesce(nullif(seller.i18n ->> %(name)s, ''), seller.name),
       picture.sha256, picture.width, picture.height, coalesce(nullif(picture.i18n ->> %(alt)s, ''), picture.alt),
       product.return_rule, variant.volume_cm3, variant.nominal_grams,
       sale.id, sale.state, sale.opens_at, sale.closes_at, sale.ship_by_date, sale.deposit_basis_points
  from wish
  join catalog_offer offer on offer.id = wish.offer_id
  join lateral catalog_price_at(offer.id, offer.price_fen, offer.list_price_fen, coalesce(%(at)s::timestamptz, statement_timestamp())) price on true
  join catalog_variant variant on variant.id = offer.variant_id
  join catalog_product product on product.id = variant.product_id
  join people_organisation seller on seller.id = offer.seller_id
  join places_area area on area.id = seller.area_id
  left join stock_stocklevel level on level.offer_id = offer.id and level.is_online
  left join orders_harvestsale sale on sale.offer_id = offer.id and sale.settled_at is null
  left join lateral (
        select picture.sha256, picture.width, picture.height, picture.alt, picture.i18n
          from catalog_picture picture
         where picture.product_id = product.id and picture.position is not null
         order by picture.position, picture.id
         limit 1
       ) picture on true
 order by wish.place
