"""Who did what, when: the append-only audit log. Rooms above write into it; it knows none of them."""
