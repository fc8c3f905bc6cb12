"""How dates and numbers are written in Tibetan (CLDR 48, locale bo)."""

from teahorse.common.formats.house import *  # noqa: F403 - Django reads the module's names

DATE_FORMAT = "Y ལོའི་ཟླ་ n ཚེས་ j"
DATETIME_FORMAT = "Y ལོའི་ཟླ་ n ཚེས་ j H:i"
MONTH_DAY_FORMAT = "ཟླ་ n ཚེས་ j"
