"""From recordings, events and reviews to matches in the library."""
