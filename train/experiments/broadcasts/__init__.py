"""Simulated broadcasts of real timelines: drawn, heard, seen, and judged."""
