-- One order group with the point where its buyer fetches it.
select row_to_json(found)::text
  from (
        select placed.id, placed.number, placed.person_id, placed.contact_name, placed.contact_phone, placed.destination_code,
               placed.destination_names, placed.destination_line, placed.pickup_point_id, placed.goods_fen, placed.discount_fen, placed.freight_fen,
               placed.total_fen, placed.is_paid_on_delivery, placed.origin, placed.locale, placed.note, placed.placed_at, placed.expires_at,
               case when point.id is not null then
                   json_build_object('id', point.id, 'name', point.name, 'i18n', point.i18n, 'area_id', point.area_id)
               end as point
          from orders_ordergroup placed
          left join people_servicepoint point on point.id = placed.pickup_point_id
         where placed.id = %s::uuid
       ) found
