"""A broadcast that never was: what a camera shows of a real or drawn course of events, beside the simulator's sound.

Small and honest: shapes on a pitch, not a picture of football. Figures measured on it are called simulated.
"""
