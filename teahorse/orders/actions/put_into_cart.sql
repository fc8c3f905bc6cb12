-- Put units of an offer into the cart that was touched, and so locked, before: into its line of that offer, or into a new one
-- as long as the cart has room. Answers the cart, the offer's title, whether it is sold, what its line holds now, and all units.
with cart as (
    select id from orders_cart where id = %(cart)s and person_id is null or person_id = %(person)s
), held as (
    select count(*) as lines, coalesce(bool_or(offer_id = %(offer)s), false) as is_held,
           coalesce(sum(quantity) filter (where offer_id <> %(offer)s), 0) as others
      from orders_cartline
     where cart_id = (select id from cart)
), offered as (
    select offer.id, coalesce(nullif(product.i18n ->> %(title)s, ''), product.title) as title,
           offer.is_active and product.published_at is not null and product.withdrawn_at is null as is_sold
      from catalog_offer offer
      join catalog_variant variant on variant.id = offer.variant_id
      join catalog_product product on product.id = variant.product_id
     where offer.id = %(offer)s
), put as (
    insert into orders_cartline (id, cart_id, offer_id, quantity, origin, added_at)
    select %(line)s, cart.id, offered.id, %(quantity)s, %(origin)s, %(now)s
      from cart, held, offered
     where offered.is_sold and (held.is_held or held.lines < %(most_lines)s)
        on conflict (cart_id, offer_id)
        do update set quantity = least(%(most_units)s, orders_cartline.quantity + excluded.quantity), origin = excluded.origin
    returning quantity
)
select (select id from cart), (select title from offered), (select is_sold from offered), (select quantity from put),
       (held.others + coalesce((select quantity from put), 0))::int
  from held
