"""What each centre tells of it, in its own words: one ledger of row versions a feed."""
