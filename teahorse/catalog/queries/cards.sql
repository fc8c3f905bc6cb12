-- One light row for each of these products that is on show, in the order in which they are given.
-- The keys stand in a select of their own, so that the planner does not count them: the plan, which costs ten times as much
-- as its use, is then kept for any number of products.
-- The price is that of its cheapest form at this moment; a text stands in the asked language, else in Chinese.
select product.id,
       coalesce(nullif(product.i18n ->> %(title)s::text, ''), product.title),
       product.drawing, product.origin_height_m, product.is_traceable, product.season_from, product.season_to,
       product.published_at,
       category.slug,
       coalesce(nullif(brand.i18n ->> %(name)s::text, ''), brand.name, ''), coalesce(brand.has_gi_mark, false),
       coalesce(brand.is_village_brand, false),
       seller.key, coalesce(nullif(seller.i18n ->> %(name)s::text, ''), seller.name),
       area.code, coalesce(nullif(area.i18n ->> %(name)s::text, ''), area.name),
       coalesce(nullif(county.i18n ->> %(name)s::text, ''), county.name, ''),
       offer.id, offer.price_fen, offer.list_price_fen, offer.forms,
       picture.sha256, picture.width, picture.height, coalesce(nullif(picture.i18n ->> %(alt)s::text, ''), picture.alt),
       coalesce(entry.sold_count, 0)
  from unnest((select %(product_ids)s::uuid[])) with ordinality as wanted(id, place)
  join catalog_product product on product.id = wanted.id and product.published_at is not null and product.withdrawn_at is null
  join catalog_category category on category.id = product.category_id
  join people_organisation seller on seller.id = product.seller_id
  join places_area area on area.id = product.origin_area_id
  left join places_area county on county.code = left(area.code, 6) and county.until_date is null
  left join catalog_brand brand on brand.id = product.brand_id
  left join catalog_searchentry entry on entry.product_id = product.id
  join lateral (
        select offer.id, price.price_fen, price.was_fen as list_price_fen, count(*) over () as forms
          from catalog_variant variant
          join catalog_offer offer on offer.variant_id = variant.id
          join lateral catalog_price_at(offer.id, offer.price_fen, offer.list_price_fen, statement_timestamp()) price on true
         where variant.product_id = product.id and variant.withdrawn_at is null and offer.is_active
         order by price.price_fen, variant.position, offer.id
         limit 1
       ) offer on true
  left join lateral (
        select picture.sha256, picture.width, picture.height, picture.alt, picture.i18n
          from catalog_picture picture
         where picture.product_id = product.id and picture.position is not null
         order by picture.position, picture.id
         limit 1
       ) picture on true
 order by wanted.place
