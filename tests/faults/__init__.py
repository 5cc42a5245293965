"""Every fault of a station, made to happen for real where it can be: `python -m tests.faults`."""
