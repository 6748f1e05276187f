"""
The verbs: what a person types and what is printed for them.

Nothing here decides; heavy imports come inside a verb, so that `validate` never loads a Kubernetes client.
"""
