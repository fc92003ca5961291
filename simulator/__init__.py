"""A small made-up district: its geography, its people and what its centres would deliver. Nothing in it is real."""
