"""One module a centre: what its system writes down of what it hears, and in which shape it delivers."""
