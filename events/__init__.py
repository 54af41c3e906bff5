"""Events, answers and check-in."""
