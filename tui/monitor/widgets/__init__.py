"""The panels and lines of the monitor; each draws itself."""
