-- What the finished runs of a centre cost, shared among what they carried.
--
-- A run costs its vehicle's day, the way and its climbs at the vehicle's rates, and its driver from setting out to coming home.
-- Each thing bears a share by the part of the vehicle that it fills (by weight or volume, whichever is more) times the way that it was carried.
with run as (
    select r.id, v.fixed_fen, v.fen_per_km, v.climb_fen_per_km, u.most_grams, u.most_cm3,
           extract(epoch from r.finished_at - r.started_at) * v.driver_fen_per_hour / 3600 as driver_fen
      from runs_run r
      join runs_vehicle v on v.id = r.vehicle_id
      join logistics_unit u on u.id = v.unit_id
     where v.centre_id = %(centre)s and r.stage = 'finished' and r.finished_at >= %(since)s and r.finished_at < %(until)s
), trip as (
    select s.run_id, s.id, s.place_id, s.number, s.metres, s.climb_m,
           count(*) filter (where s.kind = 'reload') over before as trip
      from runs_stop s
      join run on run.id = s.run_id
     where s.dropped_at is null
    window before as (partition by s.run_id order by s.number rows between unbounded preceding and 1 preceding)
), stop as (
    select trip.*,
           sum(metres) over (partition by run_id, trip order by number) as out_m,
           sum(metres) over (partition by run_id, trip) as round_m
      from trip
), cost as (
    select run.id, sum(stop.metres) as metres, (array_agg(run.most_grams))[1] as most_grams, (array_agg(run.most_cm3))[1] as most_cm3,
           max(run.fixed_fen + run.driver_fen) + sum(stop.metres * run.fen_per_km::numeric + stop.climb_m * run.climb_fen_per_km) / 1000 as fen
      from run
      join stop on stop.run_id = run.id
  group by run.id
), thing as (
    select stop.run_id, h.thing_id,
           (array_agg(stop.place_id) filter (where h.doing = 'collect'))[1] as start_id,
           (array_agg(stop.place_id) filter (where h.doing = 'deliver'))[1] as goal_id,
           max(stop.out_m) filter (where h.doing = 'collect') as start_m,
           max(stop.out_m) filter (where h.doing = 'deliver') as goal_m,
           max(least(stop.out_m, stop.round_m - stop.out_m)) as centre_m,
           bool_or(h.outcome = 'done' and h.doing = 'deliver')
               or (bool_or(h.doing = 'collect') and not bool_or(h.doing = 'deliver')) as is_there,
           greatest(max(h.grams), %(least_grams)s) as grams,
           max(h.cm3) as cm3
      from runs_handling h
      join stop on stop.id = h.stop_id
     where (h.doing = 'collect' and h.outcome = 'done') or (h.doing = 'deliver' and h.outcome in ('done', 'not_met', 'refused'))
  group by stop.run_id, h.thing_id
), carried as (
    select thing.*,
           greatest(thing.grams / cost.most_grams::numeric, thing.cm3 / cost.most_cm3::numeric)
               * greatest(case when start_id is not null and goal_id is not null then abs(goal_m - start_m) else centre_m end, 1) as weight
      from thing
      join cost on cost.id = thing.run_id
), shared as (
    select cost.id, carried.*, cost.fen, cost.metres,
           coalesce(carried.weight / sum(carried.weight) over (partition by cost.id), 1) as share
      from cost
 left join carried on carried.run_id = cost.id
)
select grouping(start_id, goal_id) <> 0 as is_all, start_id, goal_id, count(distinct id), count(thing_id),
       count(*) filter (where is_there), coalesce(sum(grams), 0)::bigint, coalesce(round(sum(metres * share)), 0)::bigint,
       coalesce(round(sum(fen * share)), 0)::bigint
  from shared
 group by grouping sets ((start_id, goal_id), ())
