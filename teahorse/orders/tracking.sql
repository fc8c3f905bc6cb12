-- Everything that follows an order group, as one JSON object of lists: its parts with their sellers, lines, discounts, parcels, scans,
-- the points that those name, weighings, what is owed besides, payments, refunds, and the first photograph of each of the goods.
-- The columns are those that somebody shows; each list stands in the order in which it is told.
with part as materialized (
    select id, group_id, number, seller_id, state, goods_fen, discount_fen, freight_fen, freight_cost_fen, freight_subsidy_fen,
           total_fen, weight_grams, promised_from_date, promised_to_date, placed_at, paid_at, packed_at, ended_at, end_reason, deposit_fen, harvest_sale_id
      from orders_sellerorder
     where group_id = %(group_id)s::uuid
), seller as (
    select id, key, name, phone, area_id, i18n
      from people_organisation
     where id = any(array(select seller_id from part))
), line as materialized (
    select id, order_id, position, offer_id, product_id, titles, drawing, unit_price_fen, quantity, amount_fen, discount_fen,
           weight_grams, nominal_grams
      from orders_orderline
     where order_id = any(array(select id from part))
), weighing as (
    select id, line_id, run_id, nominal_grams, actual_grams, quoted_fen, weighed_fen, weighed_at
      from orders_weighing
     where line_id = any(array(select id from line))
), balance as materialized (
    select id, order_id, kind, amount_fen, state, asked_at, due_at, settled_at
      from orders_balancedue
     where order_id = any(array(select id from part))
), discount as (
    select id, line_id, order_id, promotion_id, titles, bearer, bearer_id, amount_fen
      from orders_linediscount
     where order_id = any(array(select id from part where discount_fen > 0))
), sale as (
    select id, offer_id, ship_by_date, deposit_basis_points, note, state, declared_at, settled_at
      from orders_harvestsale
     where id = any(array(select harvest_sale_id from part))
), parcel as materialized (
    select id, county_id, number, reference, pickup_point_id, pickup_code, carrier, carrier_number, weight_grams, stage, stage_at,
           held_by_id, packed_at, cod_fen, cod_taken_at
      from logistics_parcel
     where reference = any(array(select id from part))
), scan as materialized (
    select county_id, id, parcel_id as thing_id, act, place_id, note, happened_at
      from logistics_way(array(select id from parcel))
), point as (
    select id, name, address_line, hours, area_id, i18n
      from people_servicepoint
     where id = any(array(
               select pickup_point_id from parcel union select held_by_id from parcel union select place_id from scan
           ))
), payment as materialized (
    select id, reference, attempt, provider, method, our_number, provider_number, amount_fen, state, prompt, created_at, expires_at,
           settled_at
      from payments_payment
     where reference = any(array(select %(group_id)s::uuid union all select id from balance))
), refund as (
    select refund.id, refund.payment_id, refund.split_id, split.reference as part_id, refund.reference, refund.amount_fen, refund.reason,
           refund.state, refund.requested_at, refund.settled_at
      from payments_refund refund
      join payments_paymentsplit split on split.id = refund.split_id
     where refund.payment_id = any(array(select id from payment))
), picture as (
    select distinct on (product_id) id, product_id, sha256, width, height, alt, i18n
      from catalog_picture
     where product_id = any(array(select product_id from line)) and position is not null
     order by product_id, position, id
)
select json_build_object(
           'parts', (select json_agg(part order by number) from part),
           'sellers', (select json_agg(seller) from seller),
           'lines', (select json_agg(line order by order_id, position) from line),
           'discounts', (select json_agg(discount order by id) from discount),
           'parcels', (select json_agg(parcel order by packed_at, id) from parcel),
           'weighings', (select json_agg(weighing) from weighing),
           'balances', (select json_agg(balance order by asked_at, id) from balance),
           'sales', (select json_agg(sale) from sale),
           'scans', (select json_agg(scan order by happened_at, id) from scan),
           'points', (select json_agg(point) from point),
           'payments', (select json_agg(payment order by created_at, attempt) from payment),
           'refunds', (select json_agg(refund order by requested_at, id) from refund),
           'pictures', (select json_agg(picture) from picture)
       )::text
