"""The release desk: a host decides what may be told, by a mailed link, without an account."""
