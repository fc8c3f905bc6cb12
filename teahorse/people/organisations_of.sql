-- The organisations for which a person has a right: her own of the kinds that give it, those that granted it to one of hers,
-- and all in the area of a centre of hers (how many digits of an area's code that is, stands in the last parameter by kind).
with asked(person, now, right_, only_managers, kinds, digits) as (
    values (%s::uuid, %s::timestamptz, %s::text, %s::boolean, %s::text[], %s::jsonb)
), hers as materialized (
    select membership.organisation_id as id, asked.*
    from asked
    join people_membership membership on membership.person_id = asked.person
    where (membership.until_at is null or membership.until_at > asked.now)
        and (membership.role = 'manager' or not asked.only_managers)
)
select organisation.id
from hers
join people_organisation organisation using (id)
where organisation.kind = any (hers.kinds)
union
select given.grantor_id
from hers
join people_grant given on given.grantee_id = hers.id
where given."right" = hers.right_ and (given.until_at is null or given.until_at > hers.now)
union
select organisation.id
from hers
join people_organisation centre on centre.id = hers.id and hers.digits ? centre.kind
join places_area seat on seat.id = centre.area_id
join places_area area on left(area.code, (hers.digits ->> centre.kind)::int) = left(seat.code, (hers.digits ->> centre.kind)::int)
join people_organisation organisation on organisation.area_id = area.id
