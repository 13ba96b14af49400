"""Questions with their key points: the format, the files, the labelled answers."""
