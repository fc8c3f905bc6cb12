"""Commands: ``teahorse reconcile``."""
