"""
Rules of one document that need more than one field (reference §2.2, groups A to C).

They look at the document itself and not at its model, so that they are told together with the models' own errors: what
has the wrong type is passed over here. A rule for one field alone stands in `schemas`.
"""
