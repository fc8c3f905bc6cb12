"""The characters that data may have (GS1 General Specifications, section 7.11)."""

DIGITS = "0123456789"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LOWER = UPPER.lower()

CSET82 = f"!\"%&'()*+,-./{DIGITS}:;<=>?{UPPER}_{LOWER}"
"""The 82 characters of ISO/IEC 646 for lots and serials; their order gives their values in a check pair."""
CSET39 = f"#-/{DIGITS}{UPPER}"
"""The 39 characters of component and part identifiers."""
CSET64 = f"-{DIGITS}{UPPER}_{LOWER}"
"""The 64 characters of base 64 for web addresses, without the padding."""
