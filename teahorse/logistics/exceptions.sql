-- What does not go as it should, by the rules given: open parcels, bags and cages, scans that do not fit; with who has to act.
with rule as (
    select kind, make_interval(hours => after_hours) as after, make_interval(hours => within_hours) as within
      from unnest(%(kinds)s::text[], %(after_hours)s::int[], %(within_hours)s::int[]) given (kind, after_hours, within_hours)
), parcel as (
    select parcel.*, coalesce(holder.organisation_id, outermost.organisation_id,
                              case when parcel.stage = 'packed' then parcel.sender_id end) as owner_id
      from logistics_parcel parcel
      left join people_servicepoint holder on holder.id = parcel.held_by_id
      left join lateral (
          select coalesce(third.organisation_id, second.organisation_id, first.organisation_id) as organisation_id
            from logistics_unit first
            left join logistics_unit second on second.id = first.inside_id
            left join logistics_unit third on third.id = second.inside_id
           where first.id = parcel.inside_id
      ) outermost on true
     where parcel.stage in ('packed', 'in_transit', 'at_point', 'refused', 'lost')
), found as (
    select rule.kind, parcel.id as thing_id, null::uuid as oddity_id, parcel.number as code, parcel.reference, parcel.owner_id,
           parcel.county_id, coalesce(parcel.held_by_id, case when parcel.stage = 'lost' then parcel.pickup_point_id end) as place_id,
           parcel.stage_at + rule.after as since_at, parcel.stage_at + rule.after + rule.within as due_at,
           jsonb_build_object('why', parcel.stopped_why, 'carrier', parcel.carrier,
                              'is_unpaid', parcel.cod_fen > 0 and parcel.cod_taken_at is null) as facts
      from parcel
      join rule on case rule.kind
               when 'missed' then parcel.stage = 'lost'
               when 'refused' then parcel.stage = 'refused'
               when 'stopped' then parcel.stopped_why <> ''
               when 'damaged' then parcel.is_damaged
               when 'unfetched' then parcel.stage = 'at_point'
               when 'not_left' then parcel.stage = 'packed'
               when 'still' then parcel.stage = 'in_transit' and (parcel.carrier = 'network' or parcel.owner_id is not null)
               when 'still_with_carrier' then parcel.stage = 'in_transit' and parcel.carrier <> 'network' and parcel.owner_id is null
               else false end
     where parcel.stage_at + rule.after <= %(now)s
    union all
    select rule.kind, unit.id, null, unit.code, null, coalesce(holder.organisation_id, unit.organisation_id), unit.county_id,
           unit.held_by_id, unit.stage_at + rule.after, unit.stage_at + rule.after + rule.within, '{}'
      from logistics_unit unit
      join rule on rule.kind = case unit.stage when 'lost' then 'unit_missed' when 'in_transit' then 'unit_still' end
      left join people_servicepoint holder on holder.id = unit.held_by_id
     where unit.kind <> 'vehicle' and unit.retired_at is null and unit.stage_at + rule.after <= %(now)s
    union all
    select 'odd', oddity.thing_id, oddity.id, coalesce(parcel.number, unit.code, oddity.facts ->> 'code', ''), parcel.reference,
           place.organisation_id, oddity.county_id, oddity.place_id, oddity.noticed_at + rule.after,
           oddity.noticed_at + rule.after + rule.within, oddity.facts || jsonb_build_object('kind', oddity.kind)
      from logistics_oddity oddity
      join rule on rule.kind = 'odd'
      left join people_servicepoint place on place.id = oddity.place_id
      left join logistics_parcel parcel on parcel.id = oddity.thing_id
      left join logistics_unit unit on unit.id = oddity.thing_id
     where oddity.explained_at is null and oddity.noticed_at + rule.after <= %(now)s
)
select found.kind, found.thing_id, found.oddity_id, found.code, found.reference, found.owner_id, found.place_id, found.since_at,
       found.due_at, found.facts
  from found
  left join people_organisation owner on owner.id = found.owner_id
 where case when %(whole_county)s then found.county_id = %(county_id)s or owner.county_id = %(county_id)s
            else found.owner_id = %(organisation_id)s end
 order by found.due_at, found.code, found.kind
 limit %(most)s
