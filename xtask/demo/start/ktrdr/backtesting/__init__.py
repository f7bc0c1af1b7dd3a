"""Trying a strategy on the past."""
