-- Bring the living areas in line with the table `incoming`: one statement, one pass over both.
-- Promises: a row is written only where it differs, so a second run writes nothing; a name whose status a person
-- set to 'checked' stays; an area keeps its key whatever happens to its code; a code that came back lives again.
insert into places_area (
    id, code, level, name, i18n, name_status, latitude, longitude, point_status, height_m, height_status
)
select
    held.id,
    incoming.code,
    incoming.level,
    case when held.name_status ->> 'zh' = 'checked' then held.name else incoming.name end,
    nullif(incoming.i18n || held.names, '{}'),
    incoming.name_status || held.statuses,
    incoming.latitude,
    incoming.longitude,
    incoming.point_status,
    incoming.height_m,
    incoming.height_status
from incoming
left join places_area living on living.code = incoming.code and living.until_date is null
left join places_area ended on ended.id = incoming.id and living.id is null
cross join lateral (
    select
        coalesce(living.id, incoming.id) as id,
        coalesce(living.name, ended.name) as name,
        coalesce(living.name_status, ended.name_status) as name_status,
        coalesce(jsonb_object_agg('name_' || status.key, coalesce(living.i18n, ended.i18n) -> ('name_' || status.key))
            filter (where status.key <> 'zh'), '{}') as names,
        coalesce(jsonb_object_agg(status.key, status.value) filter (where status.key is not null), '{}') as statuses
    from jsonb_each_text(coalesce(living.name_status, ended.name_status)) as status
    where status.value = 'checked'
) as held
on conflict (id) do update set
    level = excluded.level,
    name = excluded.name,
    i18n = excluded.i18n,
    name_status = excluded.name_status,
    latitude = excluded.latitude,
    longitude = excluded.longitude,
    point_status = excluded.point_status,
    height_m = excluded.height_m,
    height_status = excluded.height_status,
    until_date = null
where places_area.code = excluded.code
and (
    places_area.level, places_area.name, places_area.i18n, places_area.name_status, places_area.latitude, places_area.longitude,
    places_area.point_status, places_area.height_m, places_area.height_status, places_area.until_date
) is distinct from (
    excluded.level, excluded.name, excluded.i18n, excluded.name_status, excluded.latitude, excluded.longitude,
    excluded.point_status, excluded.height_m, excluded.height_status, null
)
