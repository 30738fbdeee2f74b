"""Tax on payments: the table of rates, the billing details that decide which rate applies, and the calculation."""
