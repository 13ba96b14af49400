"""Every model reply that was paid for, in one SQLite file."""
