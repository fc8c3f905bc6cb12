"""How dates and numbers are written in Tibetan (CLDR 48, locale bo)."""

DATE_FORMAT = "Y ལོའི་ཟླ་ n ཚེས་ j"
DATETIME_FORMAT = "Y ལོའི་ཟླ་ n ཚེས་ j H:i"
MONTH_DAY_FORMAT = "ཟླ་ n ཚེས་ j"
SHORT_DATE_FORMAT = "Y-m-d"
SHORT_DATETIME_FORMAT = "Y-m-d H:i"
TIME_FORMAT = "H:i"
DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
FIRST_DAY_OF_WEEK = 1
