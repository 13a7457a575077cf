"""Four ways to pass off what was not proved, told in a small project and caught in front of you."""
