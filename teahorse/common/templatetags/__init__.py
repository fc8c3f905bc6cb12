"""Template tags that every page knows."""
