"""
EPCIS 2.0 events: read, checked, hashed, written.

``reading.read`` takes bytes and gives typed events (``events``), each with what is wrong with it (``checking``, ``problems``);
``hashing.event_hash`` names what an event says; ``identifiers`` and ``vocabulary`` bring names and words to one form, ``units``
amounts; ``writing.document`` makes documents of events.
"""
