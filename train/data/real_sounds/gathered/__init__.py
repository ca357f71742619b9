"""Sounds of packages and folders, with licence, author and source, as one folder."""
