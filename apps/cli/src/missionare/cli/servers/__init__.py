"""The bundled servers: how each is found, started, asked whether it is ready, and prepared."""
