"""What predictions are worth: ranking, probability, alarms, action spotting, and intervals by match.

Everything is counted match by match first and added up afterwards, so that an interval can draw whole matches:
windows overlap by four fifths, and a drawn window would bring its neighbours with it.
"""
