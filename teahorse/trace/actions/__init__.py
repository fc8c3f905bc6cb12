"""
Every change of the story.

What is told is kept (:mod:`.capturing`), and stands in the log (:mod:`.publishing`). People tell it step by step (:mod:`.telling`,
:mod:`.attaching`), set it right (:mod:`.correcting`), by flows that a centre writes (:mod:`.writing_flows`).
"""

from teahorse.trace.actions.attaching import PDF, keep_attachment, show_attachment, sweep_attachments
from teahorse.trace.actions.capturing import capture
from teahorse.trace.actions.correcting import correct_telling
from teahorse.trace.actions.publishing import publish
from teahorse.trace.actions.telling import tell_step
from teahorse.trace.actions.writing_flows import begin_flow, next_version, publish_flow, retire_flow, write_flow

__all__ = [
    "PDF",
    "begin_flow",
    "capture",
    "correct_telling",
    "keep_attachment",
    "next_version",
    "publish",
    "publish_flow",
    "retire_flow",
    "show_attachment",
    "sweep_attachments",
    "tell_step",
    "write_flow",
]
