"""What organizers write to attendees, and the outbox of an event."""
