"""A host's pages behind mailed links: answering a request for a visit, deciding what may be told of it."""
