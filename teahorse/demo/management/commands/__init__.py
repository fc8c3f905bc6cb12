"""Commands: ``teahorse demo``."""
