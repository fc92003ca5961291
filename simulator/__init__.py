"""A small made-up district: its places, its people and what its centres would deliver. Nothing is real."""
