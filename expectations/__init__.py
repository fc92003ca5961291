"""What a delivery must keep and what a mart must keep: Great Expectations suites, and the gates that run them."""
