"""Teahorse: a plateau region's rural e-commerce service network."""
