"""How good a model is at a task, with intervals: what is asked, how it is scored, how versions compare."""
