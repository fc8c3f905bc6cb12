"""Numbers and codes of the GS1 system: check digits, element strings, Digital Link."""
