"""A carrier of short messages that shows them on a page instead of sending them."""
