"""What everything else stands on: errors, paths, settings, the time grid, the values that flow."""
