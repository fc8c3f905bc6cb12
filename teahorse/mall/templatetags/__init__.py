"""What the mall's templates know besides the design system."""
