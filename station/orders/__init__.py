"""Work orders: what is to be made, how much of it, and what became of it."""
