"""After-sale cases: what was wrong, what was decided, what goes back to whom. Money is moved by ``payments``, books are kept above."""
