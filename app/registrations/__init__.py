"""Sign-up, waiting list, one's own registration."""
