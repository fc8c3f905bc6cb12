-- Write the search entries of many products by one statement; how often they were sold is kept.
-- An entry that says already what is given is left alone, so that writing everything anew costs little.
insert into catalog_searchentry as entry (
    product_id, words, category_id, area_code, seller_id,
    price_from_fen, is_traceable, season_from, season_to, published_at, sold_count
)
select product_id, words::tsvector, category_id, area_code, seller_id,
       price_from_fen, is_traceable, season_from, season_to, published_at, 0
  from unnest(
           %s::uuid[], %s::text[], %s::uuid[], %s::text[], %s::uuid[],
           %s::bigint[], %s::boolean[], %s::smallint[], %s::smallint[], %s::timestamptz[]
       ) as given(product_id, words, category_id, area_code, seller_id,
                  price_from_fen, is_traceable, season_from, season_to, published_at)
    on conflict (product_id) do update
   set words = excluded.words,
       category_id = excluded.category_id,
       area_code = excluded.area_code,
       seller_id = excluded.seller_id,
       price_from_fen = excluded.price_from_fen,
       is_traceable = excluded.is_traceable,
       season_from = excluded.season_from,
       season_to = excluded.season_to,
       published_at = excluded.published_at
 where (entry.words, entry.category_id, entry.area_code, entry.seller_id, entry.price_from_fen,
        entry.is_traceable, entry.season_from, entry.season_to, entry.published_at)
       is distinct from
       (excluded.words, excluded.category_id, excluded.area_code, excluded.seller_id, excluded.price_from_fen,
        excluded.is_traceable, excluded.season_from, excluded.season_to, excluded.published_at)
