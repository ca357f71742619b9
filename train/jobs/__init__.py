"""Long jobs as tasks: in this process, or on as many machines as there are, with the same results to the bit."""
