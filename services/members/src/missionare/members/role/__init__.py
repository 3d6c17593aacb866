"""Role changes: who may do what, decided by two operators once there are two."""
