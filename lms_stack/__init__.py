"""The domain of taphuan: pure functions and typed values, from a course file to a verdict."""
