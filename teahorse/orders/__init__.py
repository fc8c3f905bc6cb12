"""Buying: carts, quotes, order groups split by seller, and what becomes of them."""
