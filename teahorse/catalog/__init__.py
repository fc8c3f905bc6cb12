"""Sellers' goods: brands, products, variants, offers, pictures, their review by the centre, and finding them."""
