"""What an account manager looks after."""
