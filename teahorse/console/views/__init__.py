"""The workbench's pages by topic; each parses, asks whether she may, calls one action or query, and translates the answer."""
