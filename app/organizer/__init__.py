"""The organizers' frame, menu and dashboard; no table of its own."""
