-- Scans of labels, of each code one: what is known of it, how often others scanned it, and the scan itself, kept if it counts.
-- The same visitor within half an hour is the same scan; that she said where she is, or compared the hidden part, is none.
-- A code without a row: nobody gave it out.
with asked as (
    select * from unnest(%(ids)s::uuid[], %(codes)s::text[], %(visitors)s::text[], %(areas)s::text[], %(locales)s::text[], %(counts)s::bool[],
                         %(moments)s::timestamptz[]) as asked (id, code, visitor, area, locale, counts, now)
), named as (
    select asked.*, known.county_id, known.thing_id, known.level, known.voided_at, known.serial, known.hidden_hash <> '' as has_hidden,
           known.lot_id, lot.best_before
      from asked join trace_labelcode known on known.code = asked.code join trace_lot lot on lot.id = known.lot_id
), counted as (
    select named.*, before.*
      from named cross join lateral (
        select count(*) as times, min(at) as first_at, (array_agg(area_code order by at))[1] as first_area,
               count(distinct nullif(area_code, '')) as areas,
               coalesce(bool_or(earlier.visitor = named.visitor and at > named.now - interval '30 minutes'), false) as is_again
          from (select at, area_code, visitor from trace_labelscan scan
                 where scan.code = named.code and at < named.now and latitude is null and hidden_was_right is null
                 order by at limit 1000) earlier
      ) before
), kept as (
    insert into trace_labelscan (id, county_id, code, thing_id, at, area_code, visitor, locale)
    select id, county_id, code, thing_id, now, area, visitor, locale from counted where counts and not is_again
)
select counted.code, counted.lot_id, counted.thing_id, counted.level, counted.voided_at, counted.serial, counted.has_hidden,
       counted.best_before,
       (select recalled.recall_id from trace_recalledlot recalled join trace_recall recall on recall.id = recalled.recall_id
         where recalled.lot_id = counted.lot_id and recalled.left_out_why = '' and recall.state = 'living' and not recall.is_drill
         order by recall.started_at limit 1),
       counted.times - case when counted.is_again then 1 else 0 end, counted.first_at, counted.first_area, counted.areas,
       exists (select from trace_suspicion suspicion where suspicion.code = counted.code and suspicion.closed_at is null),
       exists (select from trace_eventthing edge where edge.thing_id = counted.thing_id)
       or exists (select from trace_alias alias where alias.thing_id = counted.thing_id or alias.stands_for_id = counted.thing_id)
  from counted
