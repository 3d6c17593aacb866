"""Who belongs to the network, in what standing, with which goal."""
