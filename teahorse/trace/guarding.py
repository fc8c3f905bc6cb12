"""
Who guesses codes waits; who scans right ones never does.

A hall full of people stands behind one network address, so wrong codes are counted for each visitor there, and for the whole address
only much later; and a visitor who told a right code lately does not wait for what her neighbours guess. A code has 55 random bits: with a
million given out, whoever guesses 3,000 times in ten minutes hits one in some two hundred years. Phones of one kind behind one address
are one visitor here, so a visitor may guess more than one person ever mistypes. What is mistyped is found by its check character before
anything is looked up, and is not counted. Each process counts by itself.
"""

from teahorse.common.tries import TooManyTries, Tries

SPAN_SECONDS = 600
MOST_OF_A_VISITOR = 60
MOST_OF_AN_ADDRESS = 3000


class Guesses:
    """Wrong codes of a network address and of the visitors behind it; ``visitor`` is any mark of a browser there."""

    def __init__(self) -> None:
        self._of_visitors = Tries(most=MOST_OF_A_VISITOR, seconds=SPAN_SECONDS)
        self._of_addresses = Tries(most=MOST_OF_AN_ADDRESS, seconds=SPAN_SECONDS)
        self._right = Tries(most=1, seconds=SPAN_SECONDS)

    def let_in(self, address: str, visitor: str) -> None:
        """
        Go on only where a visitor may ask for a code.

        :raises TooManyTries: if she told sixty unknown ones, or her address 3,000 and she no right one, within ten minutes.
        """
        mark = f"{address} {visitor}"
        is_crowded = self._of_addresses.are_used_up(address) and not self._right.are_used_up(mark)
        if is_crowded or self._of_visitors.are_used_up(mark):
            raise TooManyTries

    def told_right(self, address: str, visitor: str) -> None:
        """Remember that she has a code of ours in her hand."""
        self._right.count(f"{address} {visitor}")

    def told_wrong(self, address: str, visitor: str) -> None:
        """Count a code that nobody gave out."""
        self._of_visitors.count(f"{address} {visitor}")
        self._of_addresses.count(address)

    def forget(self) -> None:
        """Begin anew for everybody."""
        for tries in (self._of_visitors, self._of_addresses, self._right):
            tries.forget()


guesses = Guesses()
"""Those of this process."""
