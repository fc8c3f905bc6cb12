"""The design system: woven bands, drawings, plots, templates, one style sheet and one script."""
