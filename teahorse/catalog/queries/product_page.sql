-- All that the catalogue tells of one product, in one row: its forms and pictures stand in it as lists, in their order.
-- A text stands in the asked language, else in Chinese; jsonb is given as json, which Django leaves to the driver to read. A withdrawn product has a row too; one that was never on show has none.
select product.id,
       coalesce(nullif(product.i18n ->> %(title)s::text, ''), product.title),
       coalesce(nullif(product.i18n ->> %(story)s::text, ''), product.story),
       coalesce(nullif(product.i18n ->> %(keep)s::text, ''), product.keep),
       product.drawing, product.attributes::json, product.origin_height_m, product.is_traceable, product.return_rule,
       product.season_from, product.season_to, product.published_at, product.withdrawn_at is null,
       seller.key, coalesce(nullif(seller.i18n ->> %(name)s::text, ''), seller.name),
       coalesce(nullif(seller.i18n ->> %(about)s::text, ''), seller.about),
       area.code, coalesce(nullif(area.i18n ->> %(name)s::text, ''), area.name),
       category.slug, coalesce(nullif(category.i18n ->> %(name)s::text, ''), category.name), category.attributes::json, category.variant_attributes::json,
       brand.key, coalesce(nullif(brand.i18n ->> %(name)s::text, ''), brand.name), brand.is_village_brand, brand.has_gi_mark,
       origin.code,
       (select json_agg(json_build_array(variant.id, coalesce(nullif(variant.i18n ->> %(name)s::text, ''), variant.name), variant.barcode,
                                         variant.weight_grams, variant.volume_cm3, variant.nominal_grams, variant.attributes,
                                         offer.id, price.price_fen, price.was_fen)
                        order by variant.position, variant.id)
          from catalog_variant variant
          left join catalog_offer offer on offer.variant_id = variant.id and offer.seller_id = product.seller_id and offer.is_active
          left join lateral catalog_price_at(offer.id, offer.price_fen, offer.list_price_fen, statement_timestamp()) price on true
         where variant.product_id = product.id and variant.withdrawn_at is null),
       (select json_agg(json_build_array(picture.sha256, picture.width, picture.height,
                                         coalesce(nullif(picture.i18n ->> %(alt)s::text, ''), picture.alt))
                        order by picture.position, picture.id)
          from catalog_picture picture
         where picture.product_id = product.id and picture.position is not null)
  from catalog_product product
  join people_organisation seller on seller.id = product.seller_id
  join places_area area on area.id = seller.area_id
  join places_area origin on origin.id = product.origin_area_id
  join catalog_category category on category.id = product.category_id
  left join catalog_brand brand on brand.id = product.brand_id
 where product.id = %(product_id)s and product.published_at is not null
