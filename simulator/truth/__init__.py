"""What every figure should be: plain Python that imports nothing of the product and reads no mart."""
