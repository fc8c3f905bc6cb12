-- How many days parcels took, by lane and half of the year: from packing to arrival at the pickup point, else to whoever got them.
with came as (
    select left(origin.code, 6) as origin_code,
           left(parcel.destination_code, 6) as destination_code,
           extract(month from parcel.packed_at at time zone 'Asia/Shanghai') in (11, 12, 1, 2, 3, 4) as is_winter,
           greatest(0, (coalesce(
               (select min(scan.happened_at) from logistics_scan scan
                 where scan.thing_id = parcel.id and scan.place_id = parcel.pickup_point_id and scan.act in ('arrived', 'received')),
               parcel.stage_at) at time zone 'Asia/Shanghai')::date - (parcel.packed_at at time zone 'Asia/Shanghai')::date) as days
      from logistics_parcel parcel
      join people_organisation sender on sender.id = parcel.sender_id
      join places_area origin on origin.id = sender.area_id
     where parcel.stage = 'handed_over' and parcel.packed_at >= %(since)s and length(origin.code) >= 6
       and length(parcel.destination_code) >= 6
)
insert into logistics_lanedays (id, origin_code, destination_code, is_winter, days, parcels)
select gen_random_uuid(), origin_code, destination_code, is_winter, least(days, %(most)s), count(*)
  from came
 group by origin_code, destination_code, is_winter, least(days, %(most)s)
