"""The one refusal of this package."""


class Unreadable(ValueError):
    """
    A number, a code or a link that is not what it claims to be.

    ``code`` names the fault for machines (``incorrect_check_digit``), ``part`` is what is wrong, ``at`` where it begins: in the value
    of the application identifier ``ai`` if that is named, otherwise in the text that was given. For what is missing ``part`` is empty
    or names what is missing.
    """

    def __init__(self, part: str = "", *, code: str, at: int = 0, ai: str = "") -> None:
        super().__init__(part, code, at, ai)
        self.part, self.code, self.at, self.ai = part, code, at, ai

    def __str__(self) -> str:
        """Return all of it for a log."""
        return f"{f'({self.ai}) ' if self.ai else ''}{self.code} at {self.at}: {self.part!r}"

    def of(self, ai: str, *, behind: int = 0) -> "Unreadable":
        """Return the same fault as one in the value of an application identifier, so many characters further behind."""
        return Unreadable(self.part, code=self.code, at=behind + self.at, ai=ai)
