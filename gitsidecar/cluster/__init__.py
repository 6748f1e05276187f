"""
The real cluster behind the cluster port: a cache kept fresh by lists and watches, and one PATCH per action.

The only importer of kubernetes, and of that only configuration, authentication, TLS and transport: never its models,
its Watch, its informer or its leader election. Nothing here may decide which pod moves, or read or write Git.
"""
