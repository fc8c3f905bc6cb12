"""Parcels on their way: promise and freight before buying, custody by scans, handing over with proof."""
