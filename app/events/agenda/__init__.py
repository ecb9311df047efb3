"""The agenda editor: times from durations, what looks wrong, who speaks, an agenda pasted as a table."""
