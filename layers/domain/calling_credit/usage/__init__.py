"""What customers read about their spending: usage, statements, and forecasts."""
