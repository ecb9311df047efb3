"""Numbers for organizers: who signs up, from where, who comes, and how many will; as pages, charts and files."""
