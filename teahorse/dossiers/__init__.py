"""Credit dossiers: what a seller sold, verified by the house, for a bank that she names."""
