"""Sound in, Attack Pressure Index out. Knows no screen, no command line, no training."""

from engine.environment import prepare

prepare()
