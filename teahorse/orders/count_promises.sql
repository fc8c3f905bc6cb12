-- The promises whose last day lay in a window, by day and way: how many there were, and how many were kept. One is kept if every parcel
-- of its order had come to its pickup point, or to whoever got it, by the end of that day.
with due as (
    select orders.id, orders.promised_to_date as day, left(origin.code, 6) as origin_code,
           left(groups.destination_code, 6) as destination_code
      from orders_sellerorder orders
      join orders_ordergroup groups on groups.id = orders.group_id
      join people_organisation seller on seller.id = orders.seller_id
      join places_area origin on origin.id = seller.area_id
     where orders.promised_to_date >= %(since)s and orders.promised_to_date < %(until)s and orders.placed_at >= %(placed_since)s
       and orders.state in ('agreed', 'paid', 'preparing', 'closed')
), came as (
    select due.id, due.day, due.origin_code, due.destination_code,
           count(parcel.id) > 0 and bool_and(coalesce((coalesce(
               (select min(scan.happened_at) from logistics_scan scan
                 where scan.thing_id = parcel.id and scan.place_id = parcel.pickup_point_id and scan.act in ('arrived', 'received')),
               case when parcel.stage in ('at_point', 'handed_over') then parcel.stage_at end)
               at time zone 'Asia/Shanghai')::date <= due.day, false)) as is_kept
      from due
      left join logistics_parcel parcel on parcel.reference = due.id
     group by due.id, due.day, due.origin_code, due.destination_code
)
insert into orders_promiseday (id, day, origin_code, destination_code, promised, kept)
select gen_random_uuid(), day, origin_code, destination_code, count(*), count(*) filter (where is_kept)
  from came
 group by day, origin_code, destination_code
