"""Attendees as files: lists with chosen columns, on a schedule, for venues, sponsors and kitchens."""
