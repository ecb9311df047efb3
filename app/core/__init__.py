"""What every room may use and what knows no room: database, clock, errors, tokens, duties, languages."""
