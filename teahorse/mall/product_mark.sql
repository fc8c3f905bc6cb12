-- What the page of a product says of its own rows, as one short text: it is another one as soon as one of them changed.
-- Of stock only what a buyer is told: nothing left, few, or enough.
select concat_ws(
           ' ', product.xmin, product.ctid, seller.xmin, brand.xmin,
           (select string_agg(concat_ws('/', variant.xmin, variant.ctid, offer.xmin, offer.ctid, price.price_fen, least(level.on_hand - level.reserved, 10)), ' ' order by variant.id, offer.id, level.id)
              from catalog_variant variant
              left join catalog_offer offer on offer.variant_id = variant.id
              left join lateral catalog_price_at(offer.id, offer.price_fen, offer.list_price_fen, statement_timestamp()) price on true
              left join stock_stocklevel level on level.offer_id = offer.id and level.is_online
             where variant.product_id = product.id),
           (select string_agg(promotion.id::text, ' ' order by promotion.id)
              from promotions_automatic_at(array[product.seller_id], statement_timestamp()) promotion),
           (select string_agg(concat_ws('/', sale.xmin, sale.ctid, sale.opens_at <= statement_timestamp(), statement_timestamp() < sale.closes_at), ' ' order by sale.id)
              from catalog_variant variant
              join catalog_offer offer on offer.variant_id = variant.id
              join orders_harvestsale sale on sale.offer_id = offer.id and sale.settled_at is null
             where variant.product_id = product.id),
           (select string_agg(picture.xmin::text, ' ' order by picture.id) from catalog_picture picture where picture.product_id = product.id)
       )
  from catalog_product product
  join people_organisation seller on seller.id = product.seller_id
  left join catalog_brand brand on brand.id = product.brand_id
 where product.id = %s
