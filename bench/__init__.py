"""Measurements beside their limits: ``make bench``, or ``make bench ONLY=place_orders_http,product_page``."""
