"""How many come, from where, and how that compares: dashboards, charts, partner links."""
