"""The mall's pages by topic; each view parses, authorises, asks one action or query, and shows the answer."""
