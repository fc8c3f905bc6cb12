"""Units of offers at places: what is on hand, what is promised, and every movement with its reason."""
