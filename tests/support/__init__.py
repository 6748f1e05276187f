"""What the tests need around them: real servers, real nodes, and ways to look at both."""
