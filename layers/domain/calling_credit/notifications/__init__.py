"""Events for other systems and e-mails for customers, both derived from the table's stream."""
