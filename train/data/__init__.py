"""What is learned from: matches with their labels, from the library, the simulator and reviews."""
