-- Every road with what holds of it: measured medians, the seasons of its passes, and what was told closed and is not over.
-- Lifted closures end where they were lifted. One read of all roads: a region has a few thousand.
select road.id, road.start_id, road.end_id, road.road_class, road.is_narrow, road.climb_there_m, road.climb_back_m,
       road.estimated_metres, road.entered_metres, road.entered_minutes,
       coalesce((select jsonb_agg(jsonb_build_array(is_back, minutes))
                   from network_measuredtime
                  where road_id = road.id and is_winter = %(in_winter)s and trips >= %(enough)s), '[]') as measured,
       coalesce((select jsonb_agg(jsonb_build_array(crossed.name, crossed.closes_on, crossed.closes_until))
                   from network_crossing crossing join network_pass crossed on crossed.id = crossing.crossed_id
                  where crossing.road_id = road.id), '[]') as passes,
       coalesce((select jsonb_agg(jsonb_build_array(coalesce(crossed.name, (select here.name || ' – ' || there.name
                                                                            from network_node here, network_node there
                                                                           where here.id = road.start_id and there.id = road.end_id)), closure.reason, closure.begins_at,
                                                    least(closure.ends_at, lifting.lifted_at)) order by closure.begins_at)
                   from network_closure closure
                   left join network_pass crossed on crossed.id = closure.closed_pass_id
                   left join network_lifting lifting on lifting.closure_id = closure.id
                  where (closure.road_id = road.id
                         or closure.closed_pass_id in (select crossed_id from network_crossing where road_id = road.id))
                    and coalesce(least(closure.ends_at, lifting.lifted_at) > greatest(closure.begins_at, %(moment)s), true)), '[]') as closures
  from network_road road
 order by road.id
