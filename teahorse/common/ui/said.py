"""Numbers the way people say them."""

_WAN, _YI = 10_000, 100_000_000


def said(number: int, language: str) -> str:
    """
    Write a number as people of a language say it: ``18.97 亿``, ``དུང་ཕྱུར་ 18.97``, ``1,897,000,000``.

    It is rounded to two decimals of yi and one of wan; show the exact number beside it or on a tap.
    """
    if not language.startswith(("zh", "bo")) or abs(number) < _WAN:
        return f"{number:,}"
    unit, decimals = (_YI, 2) if abs(number) >= _YI - _WAN // 20 else (_WAN, 1)
    figure = f"{number / unit:,.{decimals}f}".rstrip("0").rstrip(".")
    if language.startswith("zh"):
        return f"{figure} {'亿' if unit == _YI else '万'}"
    return f"{'དུང་ཕྱུར་' if unit == _YI else 'ཁྲི་'} {figure}"
