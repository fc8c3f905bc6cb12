-- What stands beside the catalogue's words on the page of a product: the units left of each of its offers; four other goods
-- of the seller that can be had, the newest first (among its sixty newest); the freight rates that may hold from the seller; the
-- discounts that everybody has on it now; which offers are sold before their harvest; and the lot whose units are packed next
-- (trace.shelves: what expires first, nothing that is taken back).
select (select json_object_agg(offer.id, level.on_hand - level.reserved)
          from catalog_variant variant
          join catalog_offer offer on offer.variant_id = variant.id and offer.seller_id = product.seller_id and offer.is_active
          join stock_stocklevel level on level.offer_id = offer.id and level.is_online
         where variant.product_id = product.id and product.withdrawn_at is null),
       (select array_agg(had.id)
          from (select newest.id
                  from (select other.id, other.published_at
                          from catalog_product other
                         where other.seller_id = product.seller_id and other.id <> product.id
                           and other.published_at is not null and other.withdrawn_at is null
                         order by other.published_at desc
                         limit 60) newest
                  join lateral (select level.id
                                  from catalog_variant variant
                                  join catalog_offer offer on offer.variant_id = variant.id and offer.seller_id = product.seller_id and offer.is_active
                                  join stock_stocklevel level on level.offer_id = offer.id and level.is_online and level.on_hand > level.reserved
                                 where variant.product_id = newest.id
                                 order by level.id
                                 limit 1) level on true
                 order by newest.published_at desc, level.id
                 limit %(most)s) had),
       (select json_agg(json_build_array(rate.origin_code, rate.destination_code, rate.first_kg_fen, rate.further_kg_fen,
                                         rate.free_from_fen, rate.days_min, rate.days_max, rate.cm3_per_kg,
                                         rate.subsidy_basis_points, rate.subsidy_payer_id, rate.zone))
          from logistics_lane rate
         where rate.destination_code = any(%(destinations)s::text[])
           and rate.origin_code in ('', left(area.code, 2), left(area.code, 4), left(area.code, 6), left(area.code, 9), area.code)),
       (select json_agg(json_build_array(coalesce(nullif(promotion.i18n ->> %(title)s::text, ''), promotion.title), promotion.percent_bp,
                                         promotion.off_fen, promotion.threshold_fen)
                        order by promotion.ends_at, promotion.id)
          from promotions_automatic_at(array[product.seller_id], statement_timestamp()) promotion
         where promotion.per_person is null
           and case promotion.scope
                   when 'all' then true
                   when 'category' then product.category_id = any(promotion.scope_ids)
                   when 'seller' then product.seller_id = any(promotion.scope_ids)
                   when 'county' then seller.county_id = any(promotion.scope_ids)
                   else product.id = any(promotion.scope_ids)
               end),
       (select json_object_agg(offer.id, json_build_array(sale.id, sale.state, sale.opens_at, sale.closes_at, sale.ship_by_date,
                                                          sale.deposit_basis_points, sale.note))
          from catalog_variant variant
          join catalog_offer offer on offer.variant_id = variant.id and offer.seller_id = product.seller_id and offer.is_active
          join orders_harvestsale sale on sale.offer_id = offer.id and sale.settled_at is null
         where variant.product_id = product.id),
       (select lot.id
          from catalog_variant variant
          join catalog_offer offer on offer.variant_id = variant.id and offer.seller_id = product.seller_id and offer.is_active
          join trace_lotstock shelf on shelf.offer_id = offer.id and shelf.on_hand > 0
          join trace_lot lot on lot.id = shelf.lot_id
         where variant.product_id = product.id
           and (lot.best_before is null or lot.best_before >= %(today)s::date)
           and not exists (select from trace_recalledlot recalled join trace_recall recall on recall.id = recalled.recall_id
                            where recalled.lot_id = lot.id and recalled.left_out_why = '' and recall.state = 'living' and not recall.is_drill)
         order by lot.best_before nulls last, lot.made_at, lot.number
         limit 1)
  from catalog_product product
  join people_organisation seller on seller.id = product.seller_id
  join places_area area on area.id = seller.area_id
 where product.id = %(product_id)s
