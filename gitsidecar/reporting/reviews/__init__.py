"""A review in words: the comment of a pull request, part by part, and the JSON for programs."""
