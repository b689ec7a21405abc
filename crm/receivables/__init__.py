"""What is owed, what came in, which pays which."""
