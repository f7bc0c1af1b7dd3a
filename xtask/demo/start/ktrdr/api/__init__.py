"""What the backend answers over HTTP."""
