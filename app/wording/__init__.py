"""What organizers write for letters: texts with placeholders, and an event's own texts; it knows no registration."""
