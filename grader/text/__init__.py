"""What is read from and written about a text: folding, sentences, quotes, flags, safe printing."""
