"""How likely lateness is: as known on a day, beside the simple rule it must beat, and explained."""
