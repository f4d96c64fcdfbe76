"""Ways of teaching a model, side by side on the same data."""
