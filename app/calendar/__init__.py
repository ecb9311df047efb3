"""iCalendar objects and feeds; the only room that imports icalendar."""
