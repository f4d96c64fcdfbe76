"""A Persian chat for the terminal that learns from the conversation while it goes on."""

__version__ = "0.1.0"
