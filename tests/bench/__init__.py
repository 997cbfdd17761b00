"""What everything costs, measured: `python -m tests.bench`."""
