"""Personal data: seeing it, erasing it, keeping it no longer than allowed."""
