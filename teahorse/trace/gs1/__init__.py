"""
Numbers and codes of the GS1 system, and short codes for makers who have none.

``keys``: GTIN, SSCC, GLN and restricted circulation numbers; ``check_digits``; ``application_identifiers`` with their table in
``ai_table`` and the syntax tests in ``linters``; ``element_strings``, ``associations`` and ``scan_data`` for what bar codes carry;
``digital_link`` for web addresses; ``short_codes``. Whatever cannot be read is refused with :class:`.unreadable.Unreadable`.
"""
