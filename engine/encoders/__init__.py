"""What turns pictures and sound into numbers, row by row: networks with weights from elsewhere, and simple measures."""
