"""An invoice provider that speaks like Nuonuo's open platform."""
