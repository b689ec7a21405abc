"""Speed as ratios: each benchmark does the product's work and its peer's in one run, and states its limit."""
