"""Training models and keeping them."""
