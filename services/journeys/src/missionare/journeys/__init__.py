"""Learning journeys: planning, registration, the visit, what was learnt."""
