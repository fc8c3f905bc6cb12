"""
A county's year, played: goods, seasons, closed passes and a reality that is never as planned, under two rules.

Plain Python, seeded: the same seed gives the same year and, on whatever machine, the same figures.
"""
