"""Two revisions beside the pods, for who reviews a change: what differs, whom it reaches, what to look at twice."""
