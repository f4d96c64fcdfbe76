"""What the user told the assistant: read out of chat, kept, phrased for training and for asking."""
