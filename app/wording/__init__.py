"""Texts that organizers write with placeholders, and those that replace the words of automatic letters."""
