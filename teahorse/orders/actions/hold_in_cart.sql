-- Hold so many units of offers that are in a cart; 0 takes them out. Answers all units in the cart, and what was taken out with its origin.
with cart as (
    update orders_cart set changed_at = %(now)s where id = %(cart)s and person_id is null or person_id = %(person)s returning id
), gone as (
    delete from orders_cartline
     where cart_id = (select id from cart) and offer_id = any(%(offers)s::uuid[]) and %(quantity)s = 0
    returning quantity, origin
), held as (
    update orders_cartline set quantity = %(quantity)s
     where cart_id = (select id from cart) and offer_id = any(%(offers)s::uuid[]) and %(quantity)s > 0
    returning quantity
)
select (coalesce((select sum(quantity) from orders_cartline where cart_id = (select id from cart) and offer_id <> all(%(offers)s::uuid[])), 0)
        + coalesce((select sum(quantity) from held), 0))::int,
       coalesce((select sum(quantity) from gone), 0)::int, coalesce((select min(origin) from gone), '')
