"""What is done at a terminal."""
