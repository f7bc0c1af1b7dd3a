"""What the endpoints lean on."""
