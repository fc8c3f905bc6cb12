"""How dates and numbers are written in English: read alike on both sides of every ocean, and on a clock of 24 hours."""

from teahorse.common.formats.house import *  # noqa: F403 - Django reads the module's names

DATE_FORMAT = "j F Y"
DATETIME_FORMAT = "j F Y, H:i"
MONTH_DAY_FORMAT = "j F"
