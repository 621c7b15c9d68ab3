"""Reports that the organiser files, exports, the log of administrative acts."""
