"""
The fields of a SidecarSet and a RolloutPolicy as pydantic models: which there are, of what type, in what form.

A rule that needs two fields stands in `rules`; what is read from a valid document stands in `building`.
"""
