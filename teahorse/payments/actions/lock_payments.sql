-- Locks the payments that these numbers name, their own or a part's, in key order.
select payment.id
  from payments_payment payment
 where payment.id in (
           select named.id from payments_payment named where named.our_number = any(%(numbers)s::text[])
           union all
           select part.payment_id from payments_paymentsplit part where part.our_number = any(%(numbers)s::text[]) and part.our_number <> ''
       )
 order by payment.id
   for update
