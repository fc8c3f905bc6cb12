"""The check digit of parcels' numbers and of bank cards."""


def check_digit(digits: str) -> str:
    """Return the Luhn check digit (ISO/IEC 7812-1, annex B) of a row of digits."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if index % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)
