"""A model that goes on learning by itself between talks, held by what people wrote, filters and the gate."""
