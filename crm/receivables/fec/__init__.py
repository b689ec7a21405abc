"""The accounting file (FEC): read, told apart, and kept in step month after month."""
