"""From call events to charges: intake, batches, unrated calls, and rerating."""
