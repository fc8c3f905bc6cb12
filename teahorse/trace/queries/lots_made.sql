-- The lots among all that things became (walking.sql), those of which pieces with codes of their own were made, and those that are named;
-- each once, the oldest first.
, made as (
    select distinct thing from reached where not carries
), found as (
    select lot.id, lot.made_at from unnest(%(named)s::uuid[]) as named (id) join trace_lot lot on lot.id = named.id
    union
    select lot.id, lot.made_at from made join trace_lot lot on lot.thing_id = made.thing
    union
    select lot.id, lot.made_at from made join trace_labelcode code on code.thing_id = made.thing join trace_lot lot on lot.id = code.lot_id
)
select id from found order by made_at, id
