"""Lines that tests want a person to see at the end of a run; from several workers they travel to the one who prints."""

FIGURES: list[str] = []
