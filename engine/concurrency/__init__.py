"""Concurrency limits, shielding from cancellation, event-loop pacing and worker processes."""
