"""The face: what the user types, sees and can command. Knows nothing of torch or of files of state."""
