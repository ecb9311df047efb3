"""People, groups, roles held for a term, and the speakers among them."""
