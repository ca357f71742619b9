"""The picture of a recording: frames of a file at even moments."""
