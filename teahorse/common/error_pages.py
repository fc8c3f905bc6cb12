"""What an error report may show: nothing of a request that carries secrets, not even while developing."""

from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class HidingSecrets(SafeExceptionReporterFilter):
    """
    Hides what is marked as sensitive always; Django itself shows it where ``DEBUG`` is on.

    Where a view marks what was posted (``sensitive_post_parameters``), no variable of any frame is shown: a secret would
    stand in most of them.
    """

    def is_active(self, request: HttpRequest | None) -> bool:  # noqa: ARG002 - Django's signature
        return True

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: FrameType) -> Any:
        variables = list(super().get_traceback_frame_variables(request, tb_frame))
        if getattr(request, "sensitive_post_parameters", None):
            return [(name, self.cleansed_substitute) for name, _value in variables]
        return variables
