-- The verified sales of one seller in a window, month by month, as one JSON object of whole numbers; one row.
--
-- A sale is an order that was paid by money that a provider confirmed or a counter took, and that its buyer had received
-- before the window ended; it falls in the month in which it was paid first, in the seller's local time. What was paid is
-- the order's part of that payment, and of those of what was owed for it besides: the rest of what is sold before its
-- harvest, a difference of weight. A return is a refund of such an order that has reached the payer; it falls in the month
-- in which it arrived, whenever the sale was. A refund whose payment never paid the order (money that came twice) is
-- neither. What is sold before its harvest is sent in time by the day that was promised for it, what is paid on delivery by its placing.
--
-- The refunds of earlier sales are wanted too, so the seller's orders are read whatever their date (index order_of_seller),
-- and each row beyond by its key.
with received as materialized (
    select o.id, o.group_id, o.paid_at, o.packed_at, part.ids as part_ids, part.amount_fen,
           case when g.is_paid_on_delivery then o.placed_at + make_interval(hours => %(hours)s)
                when o.harvest_sale_id is null then o.paid_at + make_interval(hours => %(hours)s)
                else (o.promised_to_date + 1)::timestamp at time zone %(zone)s end as send_by,
           to_char(o.paid_at at time zone %(zone)s, 'YYYY-MM') as month,
           coalesce(g.person_id::text, g.contact_phone) as buyer,
           o.paid_at >= %(first_at)s and o.paid_at < %(until_at)s as is_in
      from orders_sellerorder o
      join orders_ordergroup g on g.id = o.group_id
      cross join lateral (
          select array_agg(paid.id) as ids, sum(paid.amount_fen) as amount_fen
            from ((select s.id, s.amount_fen
                     from payments_payment p
                     join payments_paymentsplit s on s.payment_id = p.id and s.reference = o.id
                    where p.reference = o.group_id
                      and p.state in ('succeeded', 'late_succeeded')
                      and (o.paid_by_id is null or p.id = o.paid_by_id)
                    order by p.attempt, p.id
                    limit 1)
                  union all
                  select s.id, s.amount_fen
                    from orders_balancedue due
                    join payments_paymentsplit s on s.payment_id = due.paid_by_id and s.reference = o.id
                   where due.order_id = o.id) paid
          having count(*) > 0) part
     where o.seller_id = %(seller_id)s
       and o.state = 'closed'
       and o.paid_at < %(until_at)s
       and o.ended_at < %(until_at)s
),
sold as (select * from received where is_in),
back as (
    select r.amount_fen, sale.id as order_id, to_char(r.settled_at at time zone %(zone)s, 'YYYY-MM') as month
      from received sale
      join payments_refund r on r.split_id = any(sale.part_ids)
     where r.state = 'succeeded' and r.settled_at >= %(first_at)s and r.settled_at < %(until_at)s
),
by_month as (
    select month, sum(orders) as orders, sum(sold_fen) as sold_fen, sum(buyers) as buyers, sum(returned_fen) as returned_fen
      from (select month, count(*) as orders, sum(amount_fen) as sold_fen, count(distinct buyer) as buyers, 0::numeric as returned_fen
              from sold group by month
            union all
            select month, 0, 0, 0, sum(amount_fen) from back group by month) parts
     group by month
),
of_buyers as (select buyer, count(distinct group_id) as times from sold group by buyer),
goods as (
    select (array_agg(l.titles order by sold.paid_at desc, l.id))[1] as titles,
           sum(l.amount_fen) as amount_fen, sum(l.quantity) as units, count(distinct l.order_id) as orders, l.product_id
      from sold join orders_orderline l on l.order_id = sold.id
     group by l.product_id
)
select jsonb_build_object(
    'months', (select coalesce(jsonb_agg(jsonb_build_object(
                   'month', month, 'orders', orders, 'buyers', buyers, 'sold_fen', sold_fen, 'returned_fen', returned_fen) order by month), '[]')
                 from by_month),
    'orders', (select count(*) from sold),
    'buyers', (select count(*) from of_buyers),
    'buyers_again', (select count(*) from of_buyers where times > 1),
    'orders_returned', (select count(distinct order_id) from back),
    'shipped', (select count(*) from sold where packed_at is not null),
    'shipped_in_time', (select count(*) from sold where packed_at <= send_by),
    'goods_fen', (select coalesce(sum(amount_fen), 0) from goods),
    'goods', (select coalesce(jsonb_agg(jsonb_build_object(
                  'titles', titles -> 'title', 'amount_fen', amount_fen, 'units', units, 'orders', orders) order by amount_fen desc, product_id), '[]')
                from (select * from goods order by amount_fen desc, product_id limit %(top)s) first_goods),
    'first_sale_at', (select to_char(min(paid_at) at time zone %(zone)s, 'YYYY-MM-DD') from received)
)::text
