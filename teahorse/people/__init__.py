"""Persons, organisations, service points, memberships and grants: who may do what, and where."""
