"""How much is read at once. What exceeds a limit is refused with its number, before it costs anything."""

from datetime import timedelta

MOST_BYTES = 5_000_000  # of a document; five thousand events of usual size
DEEPEST = 32  # brackets within brackets; an event with sensors needs nine
MOST_EVENTS = 5_000  # in a document
MOST_EPCS = 10_000  # identifiers in one list of an event, a pallet of serials
LONGEST_IDENTIFIER = 1_000  # characters of a word, an identifier, an address
LONGEST_TEXT = 10_000  # characters of a text in an extension or in master data of a lot
MOST_PROBLEMS = 100  # that are told of one event
TOLERANCE = timedelta(minutes=10)  # by which a device's clock may run ahead of ours
