"""`missionare import catalog FILE`: a file of entries into the catalog, as drafts under review.

`documents` reads the file, `sending` talks to catalog through the gateway, `command` does it in order and reports.
"""
