"""The traceability log: every inspection and every event, append-only, with its pictures."""
