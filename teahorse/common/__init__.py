"""
What every app stands on: ids, money, refusals, events, the design system, languages and the embedded database.

Nothing here knows of the trade; an app that is named in ``.importlinter`` above may use all of it.
"""
