"""One module a centre: what its system writes down of the incidents it hears of, and in which shape it delivers."""
