"""The clock of the place: what a day is to those who buy and sell here."""

from zoneinfo import ZoneInfo

HOME = ZoneInfo("Asia/Shanghai")
