"""What every app may use: money, time and the base of refusals."""
