"""
A transparency log: what was once written can be proved by anybody and taken back by nobody.

``merkle`` (RFC 6962: hashes and proofs), ``tiles`` and ``folders`` (C2SP tlog-tiles: what is published), ``keys``, ``notes``,
``checkpoints`` (C2SP signed-note, tlog-checkpoint, tlog-cosignature: who says so), ``proofs`` (C2SP tlog-proof: a proof to take
home), ``witness`` (C2SP tlog-witness: neighbours who look on) and ``verifying`` (what an outsider does with only HTTP).
"""
