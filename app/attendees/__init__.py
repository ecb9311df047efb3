"""The organizers' list of who comes, the page of one attendee, decisions on many."""
