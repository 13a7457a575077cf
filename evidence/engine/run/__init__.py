"""Gates as processes: scheduled, captured, cleaned, redacted and recorded."""
