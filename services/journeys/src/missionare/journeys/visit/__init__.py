"""Visits: hosts are asked, agree, and receive the group."""
