"""The command ``momentum``."""
