"""From the log to what people read: mount, build, edition, report site."""
