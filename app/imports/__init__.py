"""Attendees from files: read, tried out, taken in, taken back."""
