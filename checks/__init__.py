"""What the repository is checked with."""
