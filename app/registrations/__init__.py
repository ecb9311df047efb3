"""Sign-up, waiting list, one's own registration, attendee lists and their export."""
