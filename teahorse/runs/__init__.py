"""Vehicles and drivers on their way: what a county's day looks like, who drives it, what came of it."""
