"""What leaves a run as it happens: lines, a command for each spike, the log."""
