"""Commands: ``teahorse verify-story`` and ``teahorse verify-log``."""
