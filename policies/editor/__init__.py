"""What the rule editor knows without a database: forms of conditions, changes, findings, differences, files."""
