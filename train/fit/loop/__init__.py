"""The loop of a stage of training, and the folder that lets a killed run go on."""
