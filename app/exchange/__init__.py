"""A community as files: read, checked as a whole, and made so in the database."""
