"""One room for every message to a person."""
