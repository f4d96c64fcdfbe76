"""What a profile learned and when, read from its files without touching them, and one HTML page of it."""
