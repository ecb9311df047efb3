"""Attendees from files of other programs: read, recognised, shown before anything happens, applied, undone."""
