"""A trading system, much reduced."""
