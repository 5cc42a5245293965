"""What happened here, told to others: a broker, a central log. From the log alone, and never by the loop."""
