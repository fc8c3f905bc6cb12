"""
Trace: the story of a lot from pasture to package, and the proof of it.

``gs1`` (numbers, element strings, Digital Link), ``epcis`` (events: model, checks, hash) and ``tlog`` (Merkle log, signed
checkpoints) are plain Python and know neither Django nor our tables.
"""
