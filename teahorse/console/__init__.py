"""The workbench: pages on which sellers, stations and centres do their day's work."""
