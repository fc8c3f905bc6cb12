"""``teahorse simulate-year``: play a year under both rules and print the table."""

import argparse
import sys
import time
from datetime import date

from teahorse.runs.simulating.dispatching import by_fixed_rounds, by_planner
from teahorse.runs.simulating.year import lived, table, world_of


def main() -> int:
    """Play the year that is asked for."""
    parser = argparse.ArgumentParser(prog="teahorse simulate-year", description="Play a county's year: fixed rounds against the planner.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=date.fromisoformat, default=date(2025, 3, 1), help="the first day (2025-03-01)")
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--rounds", type=int, default=60, help="of each part of the search of a day")
    asked = parser.parse_args()
    world = world_of(seed=asked.seed, first=asked.first, days=asked.days)
    began, years = time.monotonic(), {}
    for name, rule in (("fixed rounds", by_fixed_rounds), ("planner", by_planner(asked.rounds))):
        years[name] = lived(world, rule, on_day=lambda day: _say(f"\r{day}"))
    _say(f"\r{len(world.parcels)} parcels, {time.monotonic() - began:.0f} s\n")
    lines = [*table(years)]
    for name, year in years.items():
        waits = ", ".join(f"{why} {count:,}" for why, count in year.reasons.most_common())
        lines += ["", f"{name}: half of the parcels were done within {year.days_of(50):.0f} days, 95 of 100 within {year.days_of(95):.0f};"]
        lines += [f"{len(year.waits)} still wait. Why parcels waited, counted each evening: {waits}."]
    sys.stdout.write("\n".join([*lines, ""]))
    return 0


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
