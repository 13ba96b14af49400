"""What was found, for the terminal, Markdown, tables, JUnit and pages."""
