"""How dates and numbers are written where Django does not know, or not as the house writes them."""
