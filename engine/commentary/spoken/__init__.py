"""A commentary heard beside the crowd while both go on: told from a transcript, or from sound by a recogniser."""
