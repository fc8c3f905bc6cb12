"""JD Logistics: its open platform, signed by md5-salt."""
