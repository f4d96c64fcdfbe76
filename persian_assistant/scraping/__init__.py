"""Forum pages off the web, politely and within limits, as questions with their best replies."""
