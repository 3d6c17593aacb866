"""Affiliations: who belongs to which organisation, on which side, since when."""
