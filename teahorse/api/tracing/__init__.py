"""
The story by machine: ``/epcis/`` takes and gives events (EPCIS 2.0, section 12), ``/tlog/`` is the log as files (C2SP tlog-tiles),
at ``/witness/`` neighbours have theirs cosigned (C2SP tlog-witness).

Whoever tells, or reads an event, comes with an organisation's token; the log and its key are for everybody: it says nothing but
hashes, times and tellers. What all addresses have in common stands in :mod:`.doors`.
"""
