"""The network: encoder, head, and the files they are kept in."""
