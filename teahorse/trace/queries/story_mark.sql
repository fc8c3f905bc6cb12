-- What the story of a lot is read from, as one short text: it is another one as soon as something of it changed.
-- A row is known by the transaction that wrote it and by where it lies. Names of areas are not among it: they hardly ever change.
, events as (
    select fact.id
      from reached
      join trace_eventthing edge on edge.thing_id = reached.thing
                                and edge.role = any(case when reached.carries then '{object,child}'::text[] else '{object,child,parent}'::text[] end)
      join fact on fact.id = edge.event_id and fact.happened_at <@ reached.span
     where not exists (select from hearsay where event_id = edge.event_id and thing_id = edge.thing_id)
    union
    select turned.id from walk, unnest(walk.turned) as turned (id)
), lots as (
    select lot.* from (select distinct thing from reached where not carries) made join trace_lot lot on lot.thing_id = made.thing
), beside as (
    select distinct edge.thing_id as thing from events join trace_eventthing edge on edge.event_id = events.id
), makers as (
    select seller_id as id from lots
), named_places as (
    -- as mall.example/id/site/owner.site says whose it is
    select distinct string_to_array(regexp_replace(coalesce(nullif(event.location, ''), event.read_point), '^.*/', ''), '.') as name
      from events join trace_traceevent event on event.id = events.id
), papers as (
    select link.certificate_id as id from lots join trace_certificate_lots link on link.lot_id = lots.id
    union
    select link.certificate_id from lots join trace_certificate_items link on link.tradeitem_id = lots.item_id
    union
    select link.certificate_id from lots join trace_certificate_sites link on link.site_id = lots.site_id
    union
    select paper.id from trace_certificate paper where paper.holder_id in (select id from makers)
)
select concat_ws(' ',
    (select md5(string_agg(id::text, ' ' order by id)) from events),
    (select count(*) from events join trace_leaf leaf on leaf.event_id = events.id),
    (select md5(string_agg(concat_ws('/', lot.xmin, lot.ctid, item.xmin, item.ctid, seller.xmin, seller.ctid, product.xmin, product.ctid),
                           ' ' order by lot.id))
       from (select thing from beside union select unnest(%(things)s::uuid[]) union select thing_id from lots) named
       join trace_lot lot on lot.thing_id = named.thing
       join trace_tradeitem item on item.id = lot.item_id
       join people_organisation seller on seller.id = lot.seller_id
       left join catalog_variant variant on variant.id = item.variant_id
       left join catalog_product product on product.id = variant.product_id),
    (select md5(string_agg(concat_ws('/', site.xmin, site.ctid), ' ' order by site.id))
       from trace_site site
       join people_organisation owner on owner.id = site.owner_id
      where (owner.key, site.key) in (select name[1], name[array_length(name, 1)] from named_places)
         or site.id in (select site_id from lots)),
    (select md5(string_agg(concat_ws('/', telling.xmin, telling.ctid, flow.xmin, flow.ctid, file.xmin, file.ctid), ' '
                           order by telling.id, file.id))
       from events
       join trace_telling telling on telling.event_id = events.id
       join trace_flow flow on flow.id = telling.flow_id
       left join trace_attachment file on file.telling_id = telling.id),
    (select md5(string_agg(concat_ws('/', paper.xmin, paper.ctid), ' ' order by paper.id)) from trace_certificate paper
      where paper.id in (select id from papers)),
    (select md5(string_agg(concat_ws('/', link.certificate_id, link.lot_id), ' ' order by link.id))
       from trace_certificate_lots link where link.certificate_id in (select id from papers)),
    (select md5(string_agg(link.certificate_id::text, ' ' order by link.id))
       from trace_certificate_items link where link.certificate_id in (select id from papers)),
    (select md5(string_agg(link.certificate_id::text, ' ' order by link.id))
       from trace_certificate_sites link where link.certificate_id in (select id from papers)))
