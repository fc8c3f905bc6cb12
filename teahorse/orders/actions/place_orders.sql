-- Writes order groups, their seller orders and lines in one statement, all of them or none.
--
-- groups, orders, lines and promotions are JSON arrays of rows as teahorse/orders/actions/placing.py makes them, discounts are columns,
-- each with the place of its promotion; every wish in them has its units reserved and its prices checked already. The names of the goods
-- are copied from the catalogue at this moment. The triggers discounts_add_up_to_the_line, lines_add_up_to_the_order and
-- parts_add_up_to_the_group refuse it if a sum of parts is not its whole.
-- Returns the number of each group.
with wished as (
    select * from jsonb_to_recordset(%(groups)s::jsonb) as wish (
        ord int, id uuid, key uuid, digest text, person_id uuid, contact_name text, contact_phone text,
        destination_code text, destination_names text, destination_line text, pickup_point_id uuid,
        goods_fen bigint, discount_fen bigint, freight_fen bigint, total_fen bigint, origin text, locale text, quote_version text, note text,
        no_return boolean, on_delivery boolean
    )
), placed as (
    insert into orders_ordergroup (
        id, number, idempotency_key, request_digest, person_id, contact_name, contact_phone, destination_code, destination_names,
        destination_line, pickup_point_id, goods_fen, discount_fen, freight_fen, total_fen, origin, locale, quote_version, note, placed_at,
        expires_at, is_no_return_confirmed, is_paid_on_delivery
    )
    select id, to_char(%(now)s::timestamptz at time zone 'Asia/Shanghai', 'YYMMDD') || lpad(nextval('orders_number')::text, 8, '0'),
           key, digest, person_id, contact_name, contact_phone, destination_code, destination_names, destination_line, pickup_point_id,
           goods_fen, discount_fen, freight_fen, total_fen, origin, locale, quote_version, note, %(now)s::timestamptz, %(until)s::timestamptz,
           no_return, on_delivery
      from wished order by ord
    returning id, number
), split as (
    insert into orders_sellerorder (
        id, county_id, group_id, number, seller_id, state, goods_fen, discount_fen, freight_fen, total_fen, fees_fen, weight_grams,
        promised_from_date, promised_to_date, placed_at, end_reason, harvest_sale_id, deposit_fen, freight_cost_fen, freight_subsidy_fen,
        freight_payer_id, promise_basis
    )
    select part.id, part.county_id, part.group_id, placed.number || '-' || part.position, part.seller_id, 'pending_payment',
           part.goods_fen, part.discount_fen, part.freight_fen, part.goods_fen - part.discount_fen + part.freight_fen, 0, part.weight_grams,
           part.promised_from, part.promised_to, %(now)s::timestamptz, '', part.harvest_sale_id, part.deposit_fen,
           part.freight_cost_fen, part.freight_subsidy_fen, part.freight_payer_id, coalesce(part.promise_basis, '{}')
      from jsonb_to_recordset(%(orders)s::jsonb) as part (
               id uuid, group_id uuid, county_id uuid, seller_id uuid, position int, goods_fen bigint, discount_fen bigint, freight_fen bigint,
               weight_grams int, promised_from date, promised_to date, harvest_sale_id uuid, deposit_fen bigint, freight_cost_fen bigint,
               freight_subsidy_fen bigint, freight_payer_id uuid, promise_basis jsonb
           )
      join placed on placed.id = part.group_id
), written as (
    insert into orders_orderline (
        id, county_id, order_id, position, offer_id, product_id, titles, drawing, unit_price_fen, quantity, amount_fen, discount_fen,
        weight_grams, return_rule, nominal_grams
    )
    select line.id, line.county_id, line.order_id, line.position, line.offer_id, goods.product_id, goods.titles, goods.drawing,
           line.price_fen, line.quantity, line.price_fen * line.quantity, line.discount_fen, goods.weight_grams * line.quantity,
           goods.return_rule, goods.nominal_grams
      from jsonb_to_recordset(%(lines)s::jsonb) as line (
               id uuid, county_id uuid, order_id uuid, position int, offer_id uuid, price_fen bigint, quantity int, discount_fen bigint
           )
     cross join lateral (  -- offset 0: looked up line by line, however small the catalogue was when this was planned
           select product.id as product_id, product.drawing, product.return_rule, variant.weight_grams, variant.nominal_grams,
                  jsonb_strip_nulls(jsonb_build_object(
                      'title', jsonb_build_object('zh-hans', product.title, 'bo', product.i18n->'title_bo', 'en', product.i18n->'title_en'),
                      'variant', jsonb_build_object('zh-hans', variant.name, 'bo', variant.i18n->'name_bo', 'en', variant.i18n->'name_en')
                  )) as titles
             from catalog_offer offer
             join catalog_variant variant on variant.id = offer.variant_id
             join catalog_product product on product.id = variant.product_id
            where offer.id = line.offer_id
           offset 0
     ) goods
), taken_off as (
    insert into orders_linediscount (id, county_id, line_id, order_id, promotion_id, titles, bearer, bearer_id, amount_fen)
    select discount.id, discount.county_id, discount.line_id, discount.order_id, given.promotion_id, given.titles, given.bearer,
           given.bearer_id, discount.amount_fen
      from unnest(
               %(discount_ids)s::uuid[], %(discount_counties)s::uuid[], %(discount_lines)s::uuid[], %(discount_orders)s::uuid[],
               %(discount_places)s::int[], %(discount_fens)s::bigint[]
           ) as discount (id, county_id, line_id, order_id, place, amount_fen)
      join rows from (
               jsonb_to_recordset(%(promotions)s::jsonb) as (promotion_id uuid, titles jsonb, bearer text, bearer_id uuid)
           ) with ordinality as given (promotion_id, titles, bearer, bearer_id, place) on given.place = discount.place + 1
)
select id, number from placed
