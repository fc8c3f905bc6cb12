"""Entry points of the books."""
