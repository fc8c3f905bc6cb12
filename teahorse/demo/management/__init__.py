"""The demo's entry points."""
