"""The local stack: what runs, fills and feeds the application on one machine. Never deployed."""
