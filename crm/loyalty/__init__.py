"""How good a customer is and is becoming: segments, lifetime value, points, referrals."""
