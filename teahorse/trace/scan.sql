-- One scan of a label: what is known of the code, how often others scanned it, and the scan itself, kept if it counts.
-- The same visitor within half an hour is the same scan; that she said where she is, or compared the hidden part, is none.
-- No row: nobody gave this code out.
with named as (
    select code.code, code.county_id, code.thing_id, code.level, code.voided_at, code.serial, code.parcel_id, code.hidden_hash, code.lot_id,
           lot.best_before
      from trace_labelcode code join trace_lot lot on lot.id = code.lot_id
     where code.code = %(code)s
), earlier as (
    select at, area_code, visitor from trace_labelscan
     where code = %(code)s and at < %(now)s::timestamptz and latitude is null and hidden_was_right is null order by at limit 1000
), counted as (
    select count(*) as times, min(at) as first_at, (array_agg(area_code order by at))[1] as first_area,
           count(distinct nullif(area_code, '')) as areas,
           coalesce(bool_or(visitor = %(visitor)s and at > %(now)s::timestamptz - interval '30 minutes'), false) as is_again
      from earlier
), kept as (
    insert into trace_labelscan (id, county_id, code, thing_id, at, area_code, visitor, locale)
    select %(id)s::uuid, county_id, code, thing_id, %(now)s, %(area)s, %(visitor)s, %(locale)s
      from named, counted where %(counts)s and not is_again
)
select named.lot_id, named.thing_id, named.level, named.voided_at, named.serial, named.parcel_id, named.hidden_hash, named.best_before,
       (select recalled.recall_id from trace_recalledlot recalled join trace_recall recall on recall.id = recalled.recall_id
         where recalled.lot_id = named.lot_id and recalled.left_out_why = '' and recall.state = 'living' and not recall.is_drill
         order by recall.started_at limit 1),
       counted.times - case when counted.is_again then 1 else 0 end, counted.first_at, counted.first_area, counted.areas,
       exists (select from trace_suspicion suspicion where suspicion.code = named.code and suspicion.closed_at is null)
  from named, counted
