"""What each choice is worth: short trainings, each with one thing changed, all measured the same way."""
