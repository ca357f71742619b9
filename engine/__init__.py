"""Sound in, Attack Pressure Index out. Knows no screen, no command line, no training."""

from engine.core.library_environment import prepare

prepare()
