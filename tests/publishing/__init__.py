"""Brokers, receivers and networks that fail, for the tests of what leaves the machine."""
