"""What was offered and bought: opportunities, quotes, orders."""
