"""Gate: Docker Compose brings the shop up from nothing, and takes it down without a trace."""
