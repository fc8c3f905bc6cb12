"""Who gets what of an order's money: fees frozen at sale, earnings that mature, payouts, the books of every fact, and the reconciler."""
