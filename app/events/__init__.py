"""Events with their venue, agenda and ticket types."""
