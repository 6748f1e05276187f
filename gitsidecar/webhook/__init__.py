"""
The admission webhook: its HTTPS server, its certificates, and one answer to each review.

Nothing here calls the API server or Git while a review is answered, or decides which sidecars a pod gets.
"""
