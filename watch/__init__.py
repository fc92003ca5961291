"""The watch: whether what should come comes, and is still itself. It reads vault and log, and judges no delivery."""
