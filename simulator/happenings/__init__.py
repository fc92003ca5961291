"""What truly happens, who notices it, and how the offices work it off."""
