"""One module per kind of source; each turns "what is new there" into deliveries for the vault."""
