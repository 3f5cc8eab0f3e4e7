"""The risk team's plugin: fraud detection."""
