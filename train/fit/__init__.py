"""Fitting a network to matches, and its calibration."""
